import { hashJson } from 'ashlar'
import type { Executed, Occurrence, Property } from 'ashlar/proof'
import {
  broken,
  everyExpectedEventIsTaken,
  everyStateIsReached,
  keysAreHonoured,
  monitor,
  noAgentFails,
  noUnhandledEvent,
  onceAtMostOnce,
  settles,
} from 'ashlar/proof'
import { isExplicitYes, ruleOn } from '../adversary/checker/index.ts'
import type { ToolInput } from '../contracts.ts'
import { writeNames } from '../contracts.ts'
import type { AirlineData, Changes } from '../domain/database.ts'
import { overlay } from '../domain/database.ts'
import { operationNamed } from '../domain/operations/index.ts'
import { conductProperties } from './conduct.ts'
import { judgedAsThePolicySays } from './judging.ts'

type Seen = Occurrence<Changes>

/** What the desk promises, told without a look at its guards. */
export function deskProperties(data: AirlineData): Property<Changes>[] {
  return [
    onlyWhatWasConfirmed(data),
    onlyWhatThePolicyAllows(data),
    judgedAsThePolicySays(),
    ...conductProperties(),
    onceAtMostOnce(),
    keysAreHonoured(),
    noAgentFails(),
    everyExpectedEventIsTaken(),
    // Copies, and answers to questions of long ago: nobody takes them, and they are kept.
    noUnhandledEvent({ except: ['CUSTOMER', 'ANSWER', 'LEAVE'] }),
    settles(),
    everyStateIsReached(),
  ]
}

/** Hash of what the customer was asked, and of what the customer said yes to. */
type Consent = { asked: string | null; number: number; agreed: string | null }

function onlyWhatWasConfirmed(data: AirlineData): Property<Changes> {
  const initial: Consent = { asked: null, number: 0, agreed: null }
  return monitor<Changes, Consent>('no write without matching confirmation', {
    initial,
    of: ['emitted', 'sent', 'executed'],
    next: (consent, occurrence) => {
      if (occurrence.kind === 'emitted' && occurrence.event.type === 'CONFIRM') {
        const { hash, number } = occurrence.event as unknown as { hash: string; number: number }
        return { asked: hash, number, agreed: null }
      }
      if (occurrence.kind === 'sent' && occurrence.event.type === 'ANSWER') {
        const { number, text } = occurrence.event as unknown as { number: number; text: string }
        if (consent.asked === null || number !== consent.number) return consent
        return isExplicitYes(text) ? { ...consent, agreed: consent.asked } : initial
      }
      if (occurrence.kind !== 'executed' || !writeNames.includes(occurrence.tool)) return consent
      if (!isWrite(occurrence)) return initial
      const { tool, input, before } = occurrence
      const { arguments: args } = input as ToolInput
      if (consent.agreed === hashOf(tool, args, data, before)) return initial
      return broken(`${tool} was executed, which the customer had not confirmed in this form`)
    },
  })
}

/** What the customer has said, by their own words, and what was put to them last. */
type Heard = { said: string[]; shown: string | null }

function onlyWhatThePolicyAllows(data: AirlineData): Property<Changes> {
  return monitor<Changes, Heard>('no write that the policy forbids', {
    initial: { said: [], shown: null },
    of: ['sent', 'emitted', 'executed'],
    next: (heard, occurrence) => {
      if (occurrence.kind === 'emitted' && occurrence.event.type === 'CONFIRM') {
        return { ...heard, shown: occurrence.event['text'] as string }
      }
      if (occurrence.kind === 'sent' && occurrence.event.type === 'CUSTOMER') {
        const text = occurrence.event['text'] as string
        return heard.said.includes(text)
          ? heard
          : { ...heard, said: [...heard.said, text].toSorted() }
      }
      if (occurrence.kind === 'sent' && occurrence.event.type === 'ANSWER') {
        return isExplicitYes(occurrence.event['text'] as string) ? heard : { ...heard, shown: null }
      }
      if (occurrence.kind !== 'executed' || !writeNames.includes(occurrence.tool)) return heard
      const next = { ...heard, shown: null }
      if (!isWrite(occurrence)) return next
      const { tool, input, before } = occurrence
      const { arguments: args } = input as { arguments: Record<string, unknown> }
      const ruling = ruleOn({
        write: { name: tool, arguments: args },
        now: overlay(data, before),
        before: overlay(data),
        customerSaid: heard.said,
        touched: new Set(Object.keys(before.reservations)),
        certificates: certificatesOf(before, data),
        ...(heard.shown === null ? {} : { shown: heard.shown }),
      })
      return ruling.allowed ? next : broken(`${tool}: ${ruling.why} (${ruling.sentence})`)
    },
  })
}

function isWrite(occurrence: Seen): occurrence is Executed<Changes> {
  if (occurrence.kind !== 'executed' || !writeNames.includes(occurrence.tool)) return false
  // What the airline's own system turns down writes nothing.
  return !String(occurrence.output).startsWith('Error:')
}

/** As the desk's own hash is made: the write and what it costs, by a trial run. */
function hashOf(tool: string, args: unknown, data: AirlineData, changes: Changes): string {
  const view = overlay(data, changes)
  const { changes: after } = operationNamed(tool)!.run(view, args)
  const charges = Object.entries(after.reservations).flatMap(([id, { payment_history }]) =>
    payment_history.slice(view.reservation(id)?.payment_history.length ?? 0),
  )
  return hashJson({ name: tool, arguments: args, charges })
}

function certificatesOf({ users }: Changes, data: AirlineData): number {
  return Object.entries(users).reduce((count, [id, { payment_methods }]) => {
    const old = data.users[id]?.payment_methods ?? {}
    const given = Object.values(payment_methods).filter(
      ({ source, id: method }) => source === 'certificate' && !(method in old),
    )
    return count + given.length
  }, 0)
}
