/** Talk that says nothing about consent, although it holds words that otherwise do. */
const smallTalk =
  /\b(?:no (?:problem|worries|issues?|objections?|doubt)|not (?:a|any) problem|not at all|(?:no|not)(?: any)? (?:other|more|further|additional) \w+|don't (?:worry|mind|hesitate)|(?:can't|cannot|i'll|i will|i can|happy to) wait|let me know if .*|if (?:possible|you (?:can|could)(?= *(?:[.,!]|$))|you don't mind|(?:that|this|it)(?:'s| is) (?:possible|so|necessary|the case|the only (?:way|option)))|even if|go ahead and (?:check|tell|search|look|find|show|explain|list|give|share|provide)\b.*|please (?:send|give|show|tell) me .*)\b/g

/** A clause that asks something, also where the question mark is missing. */
const asking =
  /^(?:(?:and|but|so|then|also|well) )*(?:is|are|am|was|were|does|did|can|could|would|should|shall|may|what|how|why|when|where|which|who|whose|do (?:you|i|we|they)|will (?:you|i|we|they|it|that|this|there))\b/

const negation =
  /\b(?:not|never|no|none|nor|neither|nothing|hardly|cannot|cant|dont|wont|isnt|without)\b|n't\b/

const denial = /^(?!do not|don't).*(?:\b(?:not|never|cannot)\b|n't\b)/

/** Orders to go on with what was put, and sentences that are the consent themselves. */
const order =
  /^(?:i|we) (?:can |do |hereby |fully |also )*(?:confirm(?:ed)?|agree(?! that)|accept|consent|approve)\b|^(?:confirmed|confirm(?: (?:it|this|that|the \w+))?|agreed)$|\byou have my (?:consent|approval|permission|confirmation|go-ahead)\b|\b(?:go ahead|go for it|proceed)\b|\bdo (?:it|that|this|so)\b|\blet's do (?:it|that|this)\b|^(?:please )?do$|\bplease do$/

/** The verbs with which customers order what each of the writes does. */
const verbs: Readonly<Record<string, string>> = {
  book_reservation: 'book|reserve',
  cancel_reservation: 'cancel',
  update_reservation_flights: 'change|update|modify|move|switch|reschedule|upgrade|downgrade',
  update_reservation_baggages: 'add|change|update',
  update_reservation_passengers: 'change|update|correct',
  send_certificate: 'send|issue',
}

/**
 * "Please cancel it" is a yes to a cancellation, and another wish when something else was put. An
 * order with more in it ("please use my card", "please make that change") may always be one.
 */
function orderOf(write: string | undefined): RegExp {
  const own = write === undefined ? Object.values(verbs).join('|') : (verbs[write] ?? 'do')
  return new RegExp(String.raw`\bplease (?:${own}) (?:it|that|this|them|those|these)\b`)
}

/** What makes an order a thought about it. */
const musing =
  /\b(?:how|whether|if|unless|until|before|once|i'll|i will|i can|unsure|asked|wonder|should|could|would you|can we|can you)\b/

const yes =
  /^(?:(?:oh|ah|um|and|well|okay|ok|then|so|also) )*(?:yes|yeah|yep|yup)\b|^(?:absolutely|definitely|certainly|of course|by all means|exactly|indeed)(?: (?:yes|please|correct|right))?$/

/** Words that are as often no more than a sign of having heard. */
const assent =
  /^(?:(?:oh|well|great|thanks) )*(?:ok|okay|sure|perfect|correct|fine|sure thing)(?: (?:then|please|thanks|thank you|with me|by me))*$|\b(?:that|this|it|everything|all|all of (?:it|that|this)|they|those|these|details)(?:'s|'re| is| are| all| looks?| sounds?| seems?| works?| would be)* ?(?:absolutely |all |perfectly |quite |indeed )*(?:correct|right|good|great|fine|perfect|ok|okay|in order|works)\b|^(?:sounds?|looks?) (?:good|great|fine|perfect)\b|^i(?:'m| am) (?:okay|ok|fine|happy) with (?:that|this|it)\b|^i'm (?:quite |very |absolutely )?sure$|^works for me$/

/** Doubts and other wishes: next to them an assent is no consent. */
const doubt =
  /\b(?:make sure|but (?:first|what|how|why|if|i)|question|concern|confus\w*|unsure|mistake|misunderst\w+|mix-up|wrong|incorrect|instead|rather|cheaper|first|later|myself|unfortunately|afraid|maybe|perhaps|suppose|guess|human|supervisor|manager|keep|stay|leave)\b/

/** Words with which people take it back, put it off, or tie it to a condition, in one clause. */
const takeBack =
  /(?:\b(?:not|never|cannot|dont|wont)|n't) (?:\w+ ){0,5}?(?:proceed|cancel|book|change(?! my mind)|do|go ahead|go through|continue|confirm|agree|accept|approve|authori[sz]e|consent|charge|issue|want (?:this|that|it))\b(?!.*\b(?:else|other|more|further|anything)\b)|^(?:(?:oh|please|just|and|but|actually|no) )*(?:wait|stop(?! (?:in|at|over))|not)\b|\bwait (?:a|until|for)\b|\bplease wait\b|\bhold (?:on|off)\b|\b(?:not yet|never ?mind|forget (?:it|that|about)|leave it|rather not|chang(?:ed?|ing) my mind|second thoughts?|let me think|think (?:about|it over)|scratch that|no way|no need to|absolutely not|under no circumstances|instead of (?:proceeding|that)|before (?:you|we|i)|only if|unless|as long as|provided that|on (?:the )?condition|except|(?:i|we) (?:refuse|decline|disagree|object))\b|\b(?:is|say|said|a) no$/

const bareNo =
  /^(?:(?:well|actually|oh|um|hmm|sorry|and|but|then) )*(?:no|nope|nah)(?: (?:thanks|thank you|please|sir|sorry|wait)| (?:i|i'm|it|it's|don't|do|that|that's|this|not|never|you|we|leave|keep|stop|cancel)\b.*)?$/

/** A "no" to further questions, not to the action. */
const noMore =
  /^(?:(?:no|nope|nah) )?(?:that's all|that is all|that will be all|nothing (?:else|more|further)|i (?:don't|do not) (?:have|need|want) (?:any|anything) (?!of\b))/

/**
 * Whether a customer's message is an explicit yes to the action that was put to them. It is read
 * sentence by sentence, and strictly: one sentence must clearly agree, and none may take it back.
 * A wrong no costs a question; a wrong yes changes a booking.
 * @param write name of the tool that was put to them, for orders such as "please cancel it"
 */
export function agrees(text: string, write?: string): boolean {
  const orders = [order, orderOf(write)]
  const sentences = sentencesOf(text)
  if (sentences.some(({ clauses }) => refuses(clauses))) return false
  if (sentences.some((sentence) => ordersOrSaysYes(sentence, orders))) return true
  const isPlain = sentences.every(({ clauses, asksFrom }) => {
    return asksFrom === clauses.length && !clauses.some(doubts)
  })
  return isPlain && sentences.some(({ clauses }) => clauses.some((one) => says(one, assent)))
}

interface Sentence {
  clauses: string[]
  /** Index of the clause with which the sentence turns into a question; their number when none. */
  asksFrom: number
}

function sentencesOf(text: string): Sentence[] {
  return text
    .toLowerCase()
    .replaceAll(/[’‘`´]/g, "'")
    .split(/(?<=[.!?…])\s+|\n+/)
    .map((sentence) => {
      const clauses = sentence
        .replaceAll(smallTalk, ' ')
        .split(/[,;:()"!.…]+|\s[-–—]+\s|—|\b(?:and|but|so|because|since|although|though)\b/)
        .map((clause) => clause.replaceAll(/[?*#\s]+/g, ' ').trim())
        .filter((clause) => clause !== '')
      const asks = clauses.findIndex((clause) => asking.test(clause))
      const isQuestion = /\?\W*$/.test(sentence)
      return { clauses, asksFrom: asks >= 0 ? asks : isQuestion ? 0 : clauses.length }
    })
    .filter(({ clauses }) => clauses.length > 0)
}

/** An order, or a yes that neither asks nor doubts in the same sentence. */
function ordersOrSaysYes({ clauses, asksFrom }: Sentence, orders: readonly RegExp[]): boolean {
  if (clauses.some((clause) => clause.startsWith('if '))) return false
  const stated = clauses.slice(0, asksFrom)
  const ordered = stated.filter((clause) => orders.some((one) => says(clause, one)))
  if (ordered.some((clause) => !musing.test(clause))) return true
  const isCertain = asksFrom === clauses.length && !clauses.some(doubts)
  return isCertain && stated.some((clause) => says(clause, yes))
}

/** A denial is a doubt as well, unless it is a further wish or says that there is nothing more. */
function doubts(clause: string): boolean {
  return doubt.test(clause) || (denial.test(clause) && !noMore.test(clause))
}

function says(clause: string, words: RegExp): boolean {
  return words.test(clause) && !negation.test(clause)
}

function refuses(clauses: readonly string[]): boolean {
  return clauses.some((clause, index) => {
    if (takeBack.test(clause)) return true
    return bareNo.test(clause) && !noMore.test(clause) && !noMore.test(clauses[index + 1] ?? '')
  })
}
