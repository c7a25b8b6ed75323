import { clausesOf, sentencesOf } from './speech.ts'

/** The reason for not flying, as far as the insurance cares; `somebody` is another person's health. */
export type Reason = 'health' | 'weather' | 'somebody'

const ILLNESS =
  /\b(sick(ness)?(?! of)|ill(?![- ](advised|will|fated|timed))|illness|unwell|(stomach |the |a )?flu|influenza|covid|fever|migraines?|injur(y|ed|ies)|hospitali[sz]ed|in (the )?hospital|surgery|pneumonia|food poisoning|concussion|chemo\w*|diagnosed|disease|infection|pregnan\w+|heart attack|under the weather|(broke|broken|fractured|sprained|twisted) (my |your |a |an |his |her )?(leg|arm|ankle|foot|wrist|hip|back|rib|hand)|not (feeling |feel )?(very |so |too )?well|(don't|doesn't|do not|does not) feel (very |so |too )?(well|good)|not feeling (very |so |too )?good|doctors? (said|says|told|advised|advises|forbids|forbade|ordered|recommends|won't|doesn't|does not|has)|health([ -]related)? (reasons?|issues?|problems?|conditions?|concerns?|emergency|crisis|grounds)|for (my|your) health|because of (my|your) health|medical (reasons?|issues?|problems?|conditions?|concerns?|emergency|procedure|grounds|treatment))\b/
const BARE_HEALTH = /^(it's |it is |for )?(my )?(health|medical)\W*$/
const WEATHER =
  /\b(hurricanes?|(thunder|snow|ice )?storms?|thunderstorms?|snowstorms?|blizzards?|tornado(es)?|typhoons?|cyclones?|flood(s|ing|ed)?|heavy (rain|snow|fog)|(bad|severe|terrible|awful|extreme|poor|horrible|dangerous|stormy) weather|weather (reasons?|conditions?|warnings?|alerts?|emergency|is (so |too |very |really )?(bad|terrible|awful|severe|dangerous|horrible))|(because of|due to|given) (the )?weather)\b/
const BARE_WEATHER = /^(it's |it is )?(the )?weather\W*$/

const ANIMAL =
  '(?:cat|dog|pet|kitten|puppy|horse|rabbit|hamster|bird|parrot|turtle|fish|guinea pig)s?'
const PERSON =
  "(?:mother|mom|mum|father|dad|parents?|wife|husband|spouse|partner|girlfriend|boyfriend|fianc[eé]e?|son|daughter|child|children|kids?|baby|brother|sister|sibling|grand\\w+|aunt|uncle|niece|nephew|cousin|friend|boss|colleague|co-?worker|roommate|neighbou?r|relative|family|family member|companion|passenger)(?:'?s)?"
const NAMED_ANIMAL = new RegExp(`\\b${ANIMAL}\\b`)
const NAMED_PERSON = new RegExp(`\\b(${PERSON}|he|she|they|his|her|their|somebody|someone)\\b`)
const OWN_SUBJECT = /\b(i|i'm|i've|i'd|you|you're|you've|we|we're|me)\b/

const HYPOTHETICAL =
  /\b(if|unless|in case|suppose|supposing|imagine|hypothetical\w*|what about|let's say|might|may (be|get|become|fall)|could (be|get|become|fall)|were to|pretend|fake|faking|claim|lie|lying|afraid of|worried about|say (that )?(i|you)('m| am| are)|cover(s|ed|ing|age)?|includ(e|es|ed|ing)|polic(y|ies)|only (for|in))\b/
const NEGATED =
  /\b(not|n't|no|never|neither|nor|without|isn't|aren't|wasn't|don't|doesn't|haven't|hasn't|nothing)\b/
// `it is not` / `because of my health`
const ENDS_IN_NOT = /(\bnot|n't|\bnever|\bneither)( just| really| only)?$/
const ASKS =
  /^(and |or |but |so )?(is|are|am|do|does|did|can|could|would|will|should|what|how|why|when|which)\b/

/**
 * The reason that the customer gives in the customer's own words, the last one if several. What is
 * denied, imagined or asked about is no reason, and an animal's health is none either.
 */
export function reasonGiven(customerSaid: readonly string[]): Reason | undefined {
  let reason: Reason | undefined
  for (const sentence of customerSaid.flatMap(sentencesOf)) {
    let supposed = false
    let previous = ''
    for (const clause of clausesOf(sentence.replace('sick and tired', 'tired'))) {
      const denied = ENDS_IN_NOT.test(previous)
      previous = clause
      // `if i get ill, or there is a storm`: the second half is as hypothetical as the first.
      supposed = HYPOTHETICAL.test(clause) || (supposed && /^(or|and)\b/.test(clause))
      if (supposed || (sentence.endsWith('?') && ASKS.test(clause))) continue
      const found = reasonIn(clause)
      if (found === 'denied' || (found && denied)) reason = undefined
      else reason = found ?? reason
    }
  }
  return reason
}

function reasonIn(clause: string): Reason | 'denied' | undefined {
  const illness = ILLNESS.exec(clause) ?? BARE_HEALTH.exec(clause)
  const weather = illness ? null : (WEATHER.exec(clause) ?? BARE_WEATHER.exec(clause))
  const match = illness ?? weather
  if (!match) return undefined
  const lead = clause.slice(0, match.index)
  if (NEGATED.test(lead)) return 'denied'
  if (weather) return 'weather'
  return whose(lead, clause.slice(match.index + match[0].length), match[0])
}

// The one who is ill is the nearest one before the word, or stands right after it (`my sick cat`,
// `a medical emergency in the family`). Where nobody is named, the customer speaks of themselves.
function whose(before: string, after: string, term: string): Reason | undefined {
  const next = after.split(/\b(?:that|which|who|to|at|so|while|from)\b/)[0] ?? ''
  if (/^ (me|us)\b/.test(next)) return 'health'
  if (new RegExp(`^ ${ANIMAL}\\b`).test(next) || NAMED_ANIMAL.test(`${lastWords(before)}${term}`)) {
    return undefined
  }
  if (new RegExp(`^( (in|of|with) (the|my|your|our))? ${PERSON}\\b`).test(next)) return 'somebody'
  return NAMED_PERSON.test(`${lastWords(before)} ${term}`) ? 'somebody' : 'health'
}

function lastWords(before: string): string {
  const own = [...before.matchAll(new RegExp(OWN_SUBJECT, 'g'))].at(-1)
  return own ? before.slice(own.index + own[0].length) : before
}

const MONEY = String.raw`\b(refund(ed|s)?|money back|reimburse(d|ment)?)\b`
const WAIVES = new RegExp(
  String.raw`\b(even if|even though|even without|regardless|whether or not|(do not|don't|not) (need|want|require|care about|expect|mind)|waiv(e|ing)|for(e)?go|give up)\b.{0,60}${MONEY}`,
)
const NO_REFUND = new RegExp(
  String.raw`\b(no|not|without|won't|cannot|can't|isn't)\b.{0,30}${MONEY}`,
)
const ACCEPTS =
  /\b(anyway|regardless|fine|okay|ok|all right|alright|i understand|accept|proceed|go ahead|still)\b/
const INSISTS =
  /(\bnot|n't) (want |wish |like )?(to )?(go ahead|proceed|cancel|accept|fine|okay|ok)|\b(unless|only if|why|should|need|insist|unacceptable)\b/

/** True if the customer says that the reservation may be cancelled without money coming back. */
export function waivesRefund(customerSaid: readonly string[]): boolean {
  return customerSaid.flatMap(sentencesOf).some((sentence) => {
    const rest = sentence.replace(/\b(don't|do not|no) need\b/g, '')
    if ((sentence.endsWith('?') && ASKS.test(sentence)) || INSISTS.test(rest)) return false
    return WAIVES.test(sentence) || (NO_REFUND.test(sentence) && ACCEPTS.test(sentence))
  })
}
