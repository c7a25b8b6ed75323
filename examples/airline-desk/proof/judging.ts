import { isDeepStrictEqual } from 'node:util'
import type { Executed, Occurrence, Property, Stepped } from 'ashlar/proof'
import { broken, monitor } from 'ashlar/proof'
import { isExplicitYes } from '../adversary/checker/index.ts'
import type { Act } from '../contracts.ts'
import { writeNames } from '../contracts.ts'
import type { Changes } from '../domain/database.ts'
import type { Representative } from './acts.ts'
import { representatives, turnedDown } from './acts.ts'
import { malformed, noWrite } from './misuse.ts'
import { messages } from './speech.ts'
import { answerOf, asksToConfirm, isOver, proposedBefore, refusalOf, startedBy } from './steps.ts'

type Said = keyof typeof messages

/** What the customer has said and agreed to, and whether anything is written: then much is different. */
type Heard = { said: Said[]; hasAgreed: boolean; hasWritten: boolean }

/**
 * What is proposed is refused with the rule that it breaks; when it breaks none, it is put to the
 * customer, and executed after a yes. Told of every representative, by hand; until the first write.
 */
export function judgedAsThePolicySays(): Property<Changes> {
  const initial: Heard = { said: [], hasAgreed: false, hasWritten: false }
  return monitor<Changes, Heard>('what is proposed is refused, asked or executed as is due', {
    initial,
    of: ['sent', 'executed', 'stepped'],
    next: (heard, occurrence) => {
      if (occurrence.kind === 'sent') return withWords(heard, occurrence)
      if (occurrence.kind === 'executed') {
        return isWriteTool(occurrence) ? { ...heard, hasWritten: true } : heard
      }
      if (occurrence.kind !== 'stepped') return heard
      if (isOver(occurrence)) return initial
      if (saysYes(occurrence)) return { ...heard, hasAgreed: true }
      if (answerOf(occurrence, 'gatherFacts') === undefined) return heard
      const act = proposedBefore(occurrence)
      const due = dueTo(act, heard)
      const given = outcomeOf(occurrence, act)
      if (due === undefined || given === due) return { ...heard, hasAgreed: false }
      return broken(`${act.name} was due to come to ${due}, and came to ${given}`)
    },
  })
}

function saysYes({ event, handled }: Stepped): boolean {
  if (event.kind !== 'event' || event.event.type !== 'ANSWER' || !handled) return false
  return isExplicitYes(event.event['text'] as string)
}

function isWriteTool({ tool }: Executed<Changes>): boolean {
  return writeNames.includes(tool)
}

function withWords(heard: Heard, { event }: Extract<Occurrence, { kind: 'sent' }>): Heard {
  const said = (Object.keys(messages) as Said[]).find((name) => messages[name] === event['text'])
  if (event.type !== 'CUSTOMER' || said === undefined || heard.said.includes(said)) return heard
  return { ...heard, said: [...heard.said, said].toSorted() }
}

/** The rule that was named, or what the desk did instead. */
function outcomeOf(step: Stepped, { name }: Act): string {
  const refusal = refusalOf(step)
  if (refusal) return refusal.rule
  if (asksToConfirm(step)) return 'asked'
  return startedBy(step).includes(name) ? 'executed' : 'nothing'
}

/** What an act has to come to; undefined where nothing is told of it. */
function dueTo(act: Act, { said, hasAgreed, hasWritten }: Heard): string | undefined {
  if (hasWritten) return undefined
  if (isSame(act, malformed)) return 'malformed-arguments'
  if (isSame(act, noWrite)) return 'unknown-tool'
  const representative = representatives.find((one) => isSame(one.act, act))
  if (!representative) return undefined
  if (!said.includes('identity')) return 'customer-not-identified'
  const { breaks } = representative
  const rule = lacking(representative, said) ?? (breaks === turnedDown ? undefined : breaks)
  return rule ?? (hasAgreed ? 'executed' : 'asked')
}

/** What may not be done before the customer has given a reason for it. */
function lacking({ act, breaks }: Representative, said: readonly Said[]): string | undefined {
  const isOwn = breaks === undefined || breaks === 'compensation-amount-wrong'
  if (!isOwn) return undefined
  if (act.name === 'cancel_reservation' && !said.includes('illness')) return 'cancel-not-refundable'
  if (act.name !== 'send_certificate') return undefined
  // The wish alone is about a trip that nobody is compensated for.
  if (said.includes('wish') && !said.includes('complaint')) return 'compensation-not-eligible'
  if (!said.includes('complaint')) return 'compensation-no-disruption'
  return said.includes('wish') ? undefined : 'compensation-not-asked'
}

function isSame(one: Act, other: Act): boolean {
  return one.name === other.name && isDeepStrictEqual(one.arguments, other.arguments)
}
