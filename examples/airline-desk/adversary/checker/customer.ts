import type { User } from '../../domain/records.ts'
import { allowedAsRead, forbidden, type Finding } from './objections.ts'
import type { Situation } from './ruling.ts'
import { sentencesOf } from './speech.ts'

interface Mention {
  id: string
  /** The words before the id in its sentence. */
  before: string
  inAddress: boolean
}

// A customer may speak of other people's accounts; naming one is not a way to be that person.
const SOMEBODY_ELSE =
  /\b(his|her|their|(?!(?:it|that|here|what|there|name|id|account|profile|user)'s)\w+'s|wife|husband|mother|father|parents?|son|daughter|brother|sister|friend|partner|boss|colleague|(another|other) (user|customer|person|account)|someone|somebody)\b/
const ADDED = String.raw`\W*((is|would be|should be|number|actually)\W+)*$`
const OWN_CLAIM = new RegExp(
  String.raw`\b(my (own )?(user ?|customer |member )?(id|name|account|profile)|i am|i'm)${ADDED}`,
)
const CLAIM = new RegExp(
  String.raw`(^|\b(user ?|customer |member )?(id|name|account|profile)|\b(this|it|that)('s| is)|\bunder|\bwith)${ADDED}`,
)

/**
 * Objects unless the customer has given the user id `owner`, for whom the write would be made.
 * `sentence` says what has to be obtained; `named` is the reservation that the write is about.
 */
export function identified(
  situation: Situation,
  owner: string,
  sentence: string,
  named?: string,
): Finding {
  const mentions = situation.customerSaid.flatMap((message) => mentionsIn(message, situation))
  const customer = claimedBy(mentions)
  if (customer === owner) {
    if (mentions.some((mention) => mention.id === owner && !mention.inAddress)) return undefined
    return allowedAsRead({
      sentence,
      why: `the customer wrote ${owner} only as part of an e-mail address, not as a user id`,
    })
  }
  const why = customer
    ? `the customer is ${customer}, but the write is for ${owner}`
    : `the customer has not given the user id ${owner}`
  const said = situation.customerSaid.join('\n').toUpperCase()
  if (customer || !named || !said.includes(named.toUpperCase())) return forbidden(sentence, why)
  return forbidden(sentence, why, {
    sentence,
    why: `it does not say from whom; the customer named ${named}, which leads to its owner`,
  })
}

function mentionsIn(message: string, { now }: Situation): Mention[] {
  return sentencesOf(message).flatMap((sentence) =>
    [...sentence.matchAll(/\w+/g)]
      .filter(([word]) => now.user(word))
      .map((match) => ({
        id: match[0],
        before: sentence.slice(0, match.index),
        inAddress: sentence[match.index + match[0].length] === '@',
      })),
  )
}

// A customer may correct an id, so the last claim counts. Without a claim in words there has to be
// only one id of which to think that it is the customer's own.
function claimedBy(mentions: Mention[]): string | undefined {
  const own = mentions.filter(({ before }) => OWN_CLAIM.test(before) || !SOMEBODY_ELSE.test(before))
  const claim = own.findLast(({ before }) => OWN_CLAIM.test(before) || CLAIM.test(before))
  if (claim) return claim.id
  const ids = new Set(own.map(({ id }) => id))
  return ids.size === 1 ? own[0]?.id : undefined
}

const SPEAKS_OF_PAYING =
  /\b(cards?|certificates?|payment|pay|refund|original|visa|mastercard|cc)\b/i

/**
 * The payment methods that the customer last named by number, if nothing was said about paying
 * after that.
 */
export function methodsNamedLast(customerSaid: readonly string[], user: User): Set<string> {
  const spoken = customerSaid.findLast((message) => SPEAKS_OF_PAYING.test(message)) ?? ''
  const named = Object.values(user.payment_methods).filter((method) => {
    const number = /\d+$/.exec(method.id)?.[0]
    if (number && digits(number).test(spoken)) return true
    return method.source === 'credit_card' && lastFour(method.last_four).test(spoken)
  })
  return new Set(named.map(({ id }) => id))
}

function digits(number: string): RegExp {
  return new RegExp(`(?<!\\d)${number}(?!\\d)`)
}

// Four digits alone may be a price or a year, so a card has to be spoken of next to them.
function lastFour(number: string): RegExp {
  const alone = `(?<!\\d)${number}(?!\\d)`
  const before = '(card|visa|mastercard|cc|credit|ending|ends)\\D{0,25}'
  return new RegExp(`${before}${alone}|${alone} (card|visa|mastercard)`, 'i')
}
