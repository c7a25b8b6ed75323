import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { checkRecordSize } from './body-limit.ts'
import type { Journal } from './journal.ts'
import { limits } from './limits.ts'
import type { NatsLink } from './nats-link.ts'
import { refusals } from './nats-publisher.ts'
import type { Publisher } from './nats-publisher.ts'
import { storedMessages } from './nats-stored.ts'
import type { Subjects } from './subjects.ts'

const undecidableRetries = 5
const undecidableWaitMs = 5
const unheardWaitMs = 50

/** Journals as subjects of the state streams; the expected last sequence of the subject fences. */
export function natsJournal(parts: {
  link: NatsLink
  publisher: Publisher
  subjects: Subjects
  clock: Clock
}): Journal {
  const { link, publisher, subjects, clock } = parts
  return {
    async append(address, body, expectedSeq) {
      checkRecordSize(body, `journal ${formatAddress(address)}`)
      const headers = { 'Nats-Expected-Last-Subject-Sequence': String(expectedSeq) }
      const giveUpMs = clock.now() + limits.appendTimeoutMs
      for (let attempt = 0; ; attempt++) {
        const outcome = await publisher.publish(subjects.journal(address), body, headers)
        if (outcome.kind === 'stored') return { kind: 'appended', seq: outcome.seq }
        if (outcome.kind === 'unknown') return outcome
        if (outcome.kind === 'unheard') {
          if (clock.now() >= giveUpMs) return { kind: 'unknown', reason: outcome.reason }
          await pause(clock, unheardWaitMs)
          continue
        }
        if (outcome.code === refusals.wrongLastSequence) return { kind: 'conflict' }
        if (outcome.code !== refusals.undecidable || attempt === undecidableRetries) {
          return { kind: 'unknown', reason: `${outcome.code} ${outcome.reason}` }
        }
        await pause(clock, undecidableWaitMs)
      }
    },
    last: (address) =>
      link.reach(`journal ${formatAddress(address)}`, async () => {
        // From the leader: another replica may lag behind, and what looks stale would be dropped.
        const found = await link.manager.streams.getMessage(subjects.actStream(address), {
          last_by_subj: subjects.journal(address),
        })
        return found ? { seq: found.seq, body: found.data } : undefined
      }),
    async *history(address) {
      const stored = storedMessages(link, subjects.actStream(address), subjects.journal(address))
      for await (const { seq, data } of stored) {
        yield { seq, body: data }
      }
    },
    async *addresses(type) {
      for (const { stream, filter } of subjects.journals(type)) {
        const info = await link.reach('journal addresses', () =>
          link.manager.streams.info(stream, { subjects_filter: filter }),
        )
        for (const subject of Object.keys(info.state.subjects ?? {})) {
          const address = subjects.journalAddress(subject)
          if (address) yield address
        }
      }
    },
  }
}
