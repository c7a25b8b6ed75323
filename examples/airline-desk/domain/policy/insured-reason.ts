/** The reasons for cancelling that travel insurance covers. */
export type InsuredReason = 'health' | 'weather'

const HEALTH =
  /\b(sick|sickness|ill|illness|unwell|injur(y|ed|ies)|hospital(i[sz]ed)?|surgery|operation on|covid(-?19)?|(the|a bad) flu|fever|pneumonia|migraine|pregnan(t|cy)|contagious|bedridden|heart attack|stroke|broke (my|his|her) (leg|arm|foot|ankle|wrist|hip)|broken (leg|arm|foot|ankle|wrist|hip)|under the weather|(health|medical)[- ](issue|problem|reason|condition|concern|emergency|related)s?|not (feeling|doing|be feeling) (so |very |too |at all )?well|(don't|do not) feel (so |very |too |at all )?well|doctor (told|said|advised|forbade|ordered)|not (fit|well enough|allowed by (my|the) doctor) to (fly|travel))\b/i

const WEATHER =
  /\b((bad|severe|terrible|stormy|awful|extreme|dangerous|due to( the)?|because of( the)?) weather|weather (reason|condition|emergency|warning|alert|is (bad|terrible|awful|severe|dangerous))s?|(snow|thunder|ice|tropical )?storms?|hurricanes?|blizzards?|tornado(e?s)?|typhoons?|flood(s|ed|ing)?|heavy (snow|rain|fog))\b/i

const FINE = /\b((perfectly |totally |completely )?healthy|in good health|feeling (fine|great))\b/i

// Words that look like a reason but are none.
const FIGURES =
  /\b(sick (and tired )?of|sick leave|sick to (my|the) stomach (of|about|over)|health insurance|health care worker|sickening|a storm of|ill[- ](advised|informed|will)|brainstorm\w*)\b/gi
// Kept in one clause, or the negation would end before the reason.
const NOT_BECAUSE = /\bnot (because|due to|since)\b/gi

const ANIMAL = /\b(cats?|dogs?|pets?|kittens?|pupp(y|ies)|horses?|parrots?|rabbits?|hamsters?)\b/i
const NEGATION =
  /\b(no|not|never|without|nor|neither|isn't|aren't|wasn't|weren't|ain't|don't|doesn't|didn't|haven't|hasn't|won't|nothing|rather than|instead of|other than|fake|pretend\w*|lie|lying)\b/i
const HYPOTHETICAL =
  /^\W*(and |or |but |so |what |even |only )*(if|unless|whether|suppose|supposing|imagine|in case|assuming|in the event)\b/i
const STATEMENT =
  /^\W*(because|since|due to|given|i'm|i am|i've|i have|i feel|i fell|i got|i was|my|we|we're|we are|our|he|she|he's|she's|they|you are|there's|there is)\b/i
// A new clause begins after these, so that a `not` before them does not reach across.
const CLAUSE_BREAK =
  /[,()]|\s[-–—]+\s|—|\b(?=(?:but|because|since|due to|so|however|although|though|and i|if|unless|even if|what if)\b)/i

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
  const plain = message.replace(/[’‘]/g, "'").replace(FIGURES, ' ').replace(NOT_BECAUSE, 'not for')
  const sentences = plain.match(/[^.!?;\n]+[.!?;\n]*/g) ?? []
  return sentences.flatMap((sentence) => {
    const asked = sentence.includes('?')
    return sentence.split(CLAUSE_BREAK).map((clause): [string, boolean] => [clause, asked])
  })
}
