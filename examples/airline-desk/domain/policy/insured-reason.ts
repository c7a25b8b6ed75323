/** The reasons for cancelling that travel insurance covers. */
export type InsuredReason = 'health' | 'weather'

const WELL = '(so |very |too |at all )?well'
const LIMB = '(leg|arm|foot|ankle|wrist|hip)'

const HEALTH = anyOf([
  'sick|sickness|ill|illness|unwell|under the weather',
  'injur(y|ed|ies)|hospital(i[sz]ed)?|surgery|operation on|bedridden|contagious',
  'covid(-?19)?|(the|a bad) flu|fever|pneumonia|migraine|heart attack|stroke|pregnan(t|cy)',
  `broke (my|his|her) ${LIMB}|broken ${LIMB}`,
  '(health|medical)[- ](issue|problem|reason|condition|concern|emergency|related)s?',
  `not (feeling|doing|be feeling) ${WELL}|(don't|do not) feel ${WELL}`,
  'doctor (told|said|advised|forbade|ordered)',
  'not (fit|well enough|allowed by (my|the) doctor) to (fly|travel)',
])

const WEATHER = anyOf([
  '(bad|severe|terrible|stormy|awful|extreme|dangerous) weather',
  '(due to|because of)( the)? weather',
  'weather (reason|condition|emergency|warning|alert)s?',
  'weather is (bad|terrible|awful|severe|dangerous)',
  '(snow|thunder|ice|tropical )?storms?|hurricanes?|blizzards?|tornado(e?s)?|typhoons?',
  'flood(s|ed|ing)?|heavy (snow|rain|fog)',
])

const FINE = anyOf(['healthy|in good health|feeling (fine|great)'])

// Words that look like a reason but are none.
const FIGURES = anyOf(
  [
    'sick (and tired )?of|sick leave|sick to (my|the) stomach (of|about|over)|sickening',
    'health insurance|health care worker|ill[- ](advised|informed|will)',
    'a storm of|brainstorm\\w*',
  ],
  'gi',
)
// Kept in one clause, or the negation would end before the reason.
const NOT_BECAUSE = anyOf(['not (because|due to|since)'], 'gi')

const ANIMAL = anyOf(['(cat|dog|pet|kitten|puppy|horse|parrot|rabbit|hamster)s?|puppies'])
const NEGATION = anyOf([
  'no|not|never|without|nor|neither|nothing|rather than|instead of|other than',
  "(is|are|was|were|ai|do|does|did|have|has|wo)n't",
  'fake|pretend\\w*|lie|lying',
])
const HYPOTHETICAL = new RegExp(
  '^\\W*(and |or |but |so |what |even |only )*' +
    '(if|unless|whether|suppose|supposing|imagine|in case|assuming|in the event)\\b',
  'i',
)
// How a clause begins that states something even within a question.
const STATEMENT = new RegExp(
  "^\\W*(because|since|due to|given|i('m|'ve| am| have| feel| fell| got| was)|my|we|we're|our|" +
    "he|he's|she|she's|they|you are|there's|there is)\\b",
  'i',
)
// A `not` before one of these does not reach what follows.
const CLAUSE_BREAK = new RegExp(
  ",(?! (?:who|which|it|it's)\\b)|[()—]|\\s[-–]+\\s|" +
    '\\b(?=(?:but|because|since|due to|so|however|although|though|and i|if|' +
    'unless|even if|what if)\\b)',
  'i',
)

/**
 * The reason of the customer's own messages that insurance covers, or null. It reads keywords
 * clause by clause: negated, hypothetical and merely asked reasons do not count, nor does an
 * animal's health, and a later denial takes an earlier statement back.
 */
export function insuredReason(customerSaid: string[]): InsuredReason | null {
  const holds: Record<InsuredReason, boolean> = { health: false, weather: false }
  for (const message of customerSaid) {
    for (const [clause, asked] of clausesOf(message)) {
      if (FINE.test(clause)) holds.health = deniedBefore(clause, FINE)
      else if (HEALTH.test(clause)) note(holds, 'health', clause, asked, HEALTH)
      else if (WEATHER.test(clause)) note(holds, 'weather', clause, asked, WEATHER)
    }
  }
  if (holds.health) return 'health'
  return holds.weather ? 'weather' : null
}

function note(
  holds: Record<InsuredReason, boolean>,
  reason: InsuredReason,
  clause: string,
  asked: boolean,
  pattern: RegExp,
): void {
  if (HYPOTHETICAL.test(clause)) return
  if (reason === 'health' && ANIMAL.test(clause)) return
  if (deniedBefore(clause, pattern)) holds[reason] = false
  else if (!asked || STATEMENT.test(clause)) holds[reason] = true
}

function deniedBefore(clause: string, pattern: RegExp): boolean {
  return NEGATION.test(clause.slice(0, clause.search(pattern)))
}

function clausesOf(message: string): [clause: string, asked: boolean][] {
  const straight = message.replace(/[’‘]/g, "'")
  const plain = straight.replace(FIGURES, ' ').replace(NOT_BECAUSE, 'not for')
  const sentences = plain.match(/[^.!?;\n]+[.!?;\n]*/g) ?? []
  return sentences.flatMap((sentence) => {
    const asked = sentence.includes('?')
    return sentence.split(CLAUSE_BREAK).map((clause): [string, boolean] => [clause, asked])
  })
}

function anyOf(phrases: string[], flags = 'i'): RegExp {
  return new RegExp(`\\b(${phrases.join('|')})\\b`, flags)
}
