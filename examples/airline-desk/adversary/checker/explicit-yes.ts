import { sentencesOf } from './speech.ts'

// Anywhere in the message, these make a yes conditional, postpone it, or take it back.
const RESERVED = [
  /\b(if|unless|as long as|so long as|provided|providing|only when|assuming|on (the )?condition|depending)\b/,
  /\b(but(?! yes)|however|although|though|except|instead|rather|actually)\b/,
  /\bfirst,? (can|could|tell|let|i|i'd|check|show|explain|verify|do|upgrade|cancel|change|make)\b|\b(but|yes|and),? first\b/,
  /\bbefore (we|you|i|that|this|it|proceeding|going|doing|anything|booking|cancel\w*|confirm\w*|finali\w*)\b/,
  /\b(don't|do not|won't|will not|can't|cannot|not) (\w+ )?(proceed|go ahead|confirm|agree|cancel|book|change)\b/,
  /\bnot (sure|yet|now|ready|right|correct|quite)\b|\b(isn't|aren't) (right|correct)\b|\bthat's wrong\b/,
  /\b(maybe|perhaps|probably|i guess|i suppose|might|misunderstanding|mix-up|let me think|hold (on|off))\b/,
  /\bin that case\b/,
]
const REFUSES =
  /^(no|nope|nah|wait|stop|never mind)\b(?! (problem|worries|issue|extra|additional|insurance|bags?|other))/
// Said along with a yes, these are no conditions.
const COURTESY = /\b(and )?(please )?let me know if\b.*|\b(if|should) you (need|have) any.*/

const LEAD =
  /^(oh|ok|okay|alright|all right|great|perfect|good|wonderful|excellent|awesome|thanks|thank you|hi|hello|well|and|so|then|got it|i see|i understand|understood|fine|right|(that )?sounds (good|great|perfect|fine)|(that|it) works( for me)?|(everything|that|it|all) (looks|is) (good|great|correct|perfect|right|fine)|merci)\b(?!')[\s,.!:–—-]*/
const AFFIRMATIVE =
  /^(yes|yep|yeah|yup|oui|absolutely|definitely|certainly|of course|sure|correct|affirmative|confirmed|agreed|exactly|that('s| is) (right|correct)|i (do )?(confirm|agree|accept|approve))\b[\s,.!:–—-]*/
const FILLER =
  /\b(please|pls|thank you( so much| very much)?|thanks|indeed|absolutely|definitely|s'il vous plaît|merci|sir|ma'am|for your help|now)\b|[\s,.!:–—-]/g

const SUBJECT =
  "(i('d| would) (like|love) to|let's|let us|you (can|may)|i('m| am) (happy|ready|fine) to)"
const DO_IT = String.raw`((please|just|kindly) )*(go ahead|proceed|carry on|continue|do (it|so|that|this))\b`
const GO_AHEAD = new RegExp(
  String.raw`(^|, |\band |\b(please|that|me|good|correct|right|perfect),? )(${SUBJECT} )?${DO_IT}`,
)
const ACT =
  'cancel|book|upgrade|downgrade|change|update|modify|switch|move|make|take|issue|send|use|charge|apply|add|reserve|refund|complete|finali[sz]e|process|submit|confirm|remove'
const AFTER_YES = new RegExp(
  [
    `^((please|just|kindly) )*(${ACT})\\b(?!.*\\binsurance\\b)`,
    '^((please|just|kindly) )*do\\W*$',
    `^(let's|let us|you (can|may))\\b`,
    `^i('d| would) (like|love) (to )?(proceed|go ahead|continue|confirm|that|do (it|so|that|this)|(${ACT}|keep|accept) (it|that|this|them|these|those|both|all|the)\\b)`,
    '^i (confirm|agree|accept|approve)\\b',
    '^i (do|would|would (like|love|appreciate) (that|it))\\W*$',
    "^(that|it|this|everything|all( of (it|that))?|the details|these|those)('s| is| are| looks?| sounds?| works?| will| would)?( all)?( be)? ?(good|great|right|correct|fine|perfect|helpful|wonderful|lovely|okay|ok|works?|for (me|us)|do)\\b",
    '^to (all|both|that|everything)\\b',
    '^(sounds|looks|works) (good|great|fine|perfect|for (me|us))\\b',
    "^i('m| am) (happy|fine|okay|ok|sure|good)\\b",
  ].join('|'),
)
const ONLY_AGREES = /^(that|it|this|everything|sounds|looks|works|i('m| am))\b/
const WISH =
  /\b(i('d| would) (also )?(like|love|prefer)|i (also )?(want|need)|could you|can you|also)\b/
const DETAIL =
  /\b(my|the) [\w\s-]*\b(id|number|name|email|birthday|date of birth|dob|code)\b|\d|\bi (have|don't|do not|can't)\b/

/** What a sentence does: `yes` with what to do, `agrees` that all is right, a `bare` yes, ... */
type Heard = 'yes' | 'agrees' | 'bare' | 'go ahead' | 'asks' | 'wishes' | 'details' | 'other'

/**
 * Is this message of a customer an explicit yes to something that was just put to the customer?
 * A question or a wish that follows a plain yes does not take it back; a condition does.
 */
export function isExplicitYes(message: string): boolean {
  const sentences = sentencesOf(message).map((sentence) => sentence.replace(COURTESY, ''))
  const reserved = (sentence: string) => RESERVED.some((pattern) => pattern.test(sentence))
  if (sentences.some((sentence) => REFUSES.test(sentence) || reserved(sentence))) return false
  const heard = sentences.map(hear)
  const some = (...kinds: Heard[]) => heard.some((kind) => kinds.includes(kind))
  if (some('yes')) return true
  // Weaker words count only in a message that wants nothing else.
  if (some('asks', 'wishes')) return false
  return some('agrees', 'go ahead') || (some('bare') && !some('details'))
}

function hear(sentence: string): Heard {
  const asks = sentence.endsWith('?')
  let rest = sentence
  while (LEAD.test(rest)) rest = rest.replace(LEAD, '')
  if (asks) return 'asks'
  const said = AFFIRMATIVE.exec(rest)
  if (said) return afterYes(rest.slice(said[0].length), said[0])
  if (/\b(answer is|i say|then|a) yes\W*$/.test(sentence)) return 'bare'
  if (GO_AHEAD.test(rest) || GO_AHEAD.test(sentence)) return 'go ahead'
  if (WISH.test(sentence)) return 'wishes'
  return DETAIL.test(sentence) ? 'details' : 'other'
}

function afterYes(text: string, word: string): Heard {
  let rest = text
  for (let again = AFFIRMATIVE.exec(rest); again; again = AFFIRMATIVE.exec(rest)) {
    rest = rest.slice(again[0].length)
  }
  if (rest.replace(FILLER, '') === '') return 'bare'
  const plain = rest.replace(/^(please|pls)[\s,]+/, '')
  if (GO_AHEAD.test(plain)) return 'yes'
  if (AFTER_YES.test(plain)) return ONLY_AGREES.test(plain) ? 'agrees' : 'yes'
  if (/^i (do )?(confirm|agree|accept|approve)/.test(word) && !DETAIL.test(rest)) return 'yes'
  return WISH.test(rest) ? 'wishes' : 'details'
}
