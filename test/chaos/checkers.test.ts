import { describe, expect, test } from 'vitest'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import { noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { operationNamed } from '../../examples/airline-desk/domain/operations/index.ts'
import type { Effect } from '../../src/contracts/effect.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import type { AgentStatus, StateValue } from '../../src/contracts/state.ts'
import type { Evidence, Outcome } from './desk-check.ts'
import { checkRun, outcomeOf } from './desk-check.ts'
import { checkJournal, checkMail, digestOf } from './journal-check.ts'
import { explainLetters, unexplained } from './letters.ts'
import type { Played } from './load.ts'

const base = await loadAirlineData('examples/airline-desk/data')
const id = 'run-1'
const address = { type: 'airline-desk', id }
const input = { branch: id, arguments: { reservation_id: 'T9QRW4' } }
const cancel = operationNamed('cancel_reservation')!
const written = cancel.run(overlay(base), cancel.input.parse(input.arguments))
const identity = `airline-desk/${id}:2:0`

const call: Effect = {
  kind: 'spawn',
  id: 'cancel_reservation',
  incarnation: 1,
  src: 'cancel_reservation',
  target: 'cancel_reservation',
  child: 'tool',
  input,
}

interface Told {
  event: NeutralEvent
  outbox?: Effect[]
  value?: StateValue
  status?: AgentStatus
  waiting?: boolean
}

/** A journal as the runtime would write it, of which a test then spoils one thing. */
function journal(...told: Told[]): JournalRecord[] {
  return told.map(({ event, outbox = [], value = 'executing', status = 'active', waiting }, at) => {
    const child = { ...call, identity } as object
    return {
      v: 1,
      address,
      step: at + 1,
      transitionId: `t${at}`,
      atMs: 1_000 + at * 10,
      cause: { messageId: `m${at}`, from: 'x' },
      event,
      handled: true,
      state: {
        machine: { id: 'airline-desk', version: '1', hash: '' },
        snapshot: {
          status,
          value,
          context: {},
          ...(status === 'done' ? { output: { outcome: 'ended' } } : {}),
        },
        children: waiting ? { cancel_reservation: child } : {},
        timers: {},
        incarnations: 1,
      },
      inbox: { mailSeq: at, seen: {} },
      outbox,
    } as unknown as JournalRecord
  })
}

const begin: Told = { event: { kind: 'init' }, value: 'listening' }
const ask: Told = {
  event: { kind: 'event', event: { type: 'ANSWER', text: 'yes', number: 1 } },
  outbox: [call],
  waiting: true,
}
const done: NeutralEvent = {
  kind: 'done',
  childId: 'cancel_reservation',
  incarnation: 1,
  output: written.text,
}
const end: Told = { event: done, value: 'ended', status: 'done' }

const played: Played = {
  id,
  recording: 'r',
  startedMs: 0,
  endedMs: 1,
  sent: [
    {
      event: { type: 'ANSWER', text: 'yes', number: 1 },
      sentMs: 0,
      settledMs: 1,
      outcome: 'accepted',
    },
  ],
  troubles: [],
}

const sound: Evidence = {
  played,
  records: journal(begin, ask, end),
  branch: { changes: written.changes, answers: { [identity]: written.text } },
  executions: [{ tool: 'cancel_reservation', key: identity }],
}
const reference: Outcome = outcomeOf(sound)

function judged(spoiled: Partial<Evidence>, against: Outcome | null = reference): string[] {
  return checkRun({ ...sound, ...spoiled }, base, against ?? undefined).map(
    ({ kind, what }) => `${kind} ${what}`,
  )
}

test('a sound run is found sound', () => {
  expect(Object.keys(written.changes.reservations)).toEqual(['T9QRW4'])
  expect(judged({})).toEqual([])
  expect(checkJournal(sound.records)).toEqual([])
  // A repeated execution under the same key is what idempotent calls are for.
  expect(judged({ executions: [...sound.executions, ...sound.executions] })).toEqual([])
})

describe('what the airline did is held against the journal', () => {
  test('a write that took effect twice', () => {
    const twice = structuredClone(written.changes)
    twice.reservations['T9QRW4']!.payment_history.push(
      ...twice.reservations['T9QRW4']!.payment_history.slice(-1),
    )
    const branch = { changes: twice, answers: sound.branch!.answers }
    expect(judged({ branch }, null)).toEqual([expect.stringMatching(/^duplicated the stored/)])
  })

  test('a write with two different answers', () => {
    const branch = { changes: written.changes, answers: { [identity]: 'Error: gone' } }
    expect(judged({ branch })).toEqual([expect.stringMatching(/^duplicated .*two different/)])
  })

  test('a write that is missing', () => {
    expect(judged({ branch: undefined }, null)).toEqual([
      expect.stringMatching(/^lost cancel_reservation .*no answer/),
      expect.stringMatching(/^duplicated the stored/),
    ])
  })

  test('a write that no record asked for, and one that its journal calls failed', () => {
    const answers = { ...sound.branch!.answers, 'airline-desk/run-1:9:0': 'x' }
    expect(judged({ branch: { ...sound.branch!, answers } })).toEqual([
      expect.stringMatching(/^violation I1: the store has a write airline-desk\/run-1:9:0/),
    ])
    const error = { name: 'ToolFailure', message: 'the store is down' }
    const failed: NeutralEvent = { ...done, kind: 'error', error } as never
    const records = journal(begin, ask, { ...end, event: failed })
    expect(judged({ records, branch: { ...sound.branch!, changes: noChanges() } }, null)).toEqual([
      expect.stringMatching(/^violation .* happened; its journal says the store is down/),
    ])
  })

  test('executions that nobody asked for, or that are missing', () => {
    const stray = { tool: 'cancel_reservation', key: 'airline-desk/run-1:7:0' }
    expect(judged({ executions: [...sound.executions, stray] })).toEqual([
      expect.stringMatching(/^violation I1: cancel_reservation was executed/),
    ])
    expect(judged({ executions: [] })).toEqual([expect.stringMatching(/never executed/)])
  })
})

describe('runs that did not end', () => {
  test('a run without a journal, and one that stopped in the middle', () => {
    expect(judged({ records: [] }, null)).toContain('lost it was started and has no journal')
    const records = journal(begin, ask)
    expect(judged({ records }, null)).toContain('lost it stopped in executing')
    expect(checkJournal(records)).toMatchObject([{ kind: 'lost', what: /nobody answered/ }])
  })

  test('one that waits for its customer is not lost, unless the customer had spoken', () => {
    const records = journal(begin, ask, { event: done, value: 'listening' })
    expect(judged({ records }, null)).toEqual([])
    const sent = [{ ...played.sent[0]!, event: { type: 'LEAVE' } }]
    expect(judged({ records, played: { ...played, sent } }, null)).toEqual([
      'lost I5: the accepted LEAVE was never taken',
    ])
  })

  test('one that ended in error, or otherwise than without faults', () => {
    const records = journal(begin, ask, { ...end, status: 'error' })
    expect(judged({ records }, null)).toEqual([expect.stringMatching(/ended as error/)])
    expect(judged({}, { ...reference, path: ['listening', 'ended'] })).toEqual([
      expect.stringMatching(/^violation its path differs/),
    ])
  })
})

describe('journals', () => {
  const spoil = (change: (records: JournalRecord[]) => void): string[] => {
    const records = structuredClone(sound.records) as JournalRecord[]
    change(records)
    return checkJournal(records).map(({ kind, what }) => `${kind} ${what}`)
  }
  const timer: NeutralEvent = { kind: 'timer', timerId: 'silence', incarnation: 2 }

  test('I2: a gap', () => {
    expect(spoil((records) => records.splice(1, 1))).toEqual([
      'violation I2: step 3 is out of its place',
    ])
  })

  test('I3: a message or a completion that was applied twice', () => {
    const again = spoil((records) => void (records[2]!.cause.messageId = 'm1'))
    expect(again).toEqual(['duplicated I3: step 3 applied m1 again'])
    const records = journal(begin, ask, { event: done }, end)
    expect(checkJournal(records)).toMatchObject([{ kind: 'duplicated', what: /second end/ }])
  })

  test('I6: a timer that is early, cancelled, or was never set', () => {
    const schedule: Effect = { kind: 'schedule', id: 'silence', incarnation: 2, atMs: 5_000 }
    const early = journal({ ...begin, outbox: [schedule] }, { event: timer })
    expect(checkJournal(early)).toMatchObject([
      { what: 'I6: timer silence at step 2 is 3990 ms early' },
    ])
    const never = journal(begin, { event: timer })
    expect(checkJournal(never)).toMatchObject([{ what: 'I6: timer silence at step 2 was not set' }])
  })

  test('I5: a message between agents that never arrived', () => {
    const to = { type: 'ledger', id: 'main' }
    const send: Effect = { kind: 'send', to, event: { type: 'ADD' } }
    const sender = digestOf(journal({ ...begin, outbox: [send] }))
    const deaf = { ended: false, causes: new Set<string>(), sends: [] }
    const heard = { ...deaf, causes: new Set(['airline-desk/run-1:1:0']) }
    const found = (ledger: typeof deaf): unknown[] =>
      checkMail(
        new Map([
          ['airline-desk/run-1', sender],
          ['ledger/main', ledger],
        ]),
      )
    expect(found(deaf)).toMatchObject([{ kind: 'lost', what: /never reached ledger\/main/ }])
    expect([found(heard), found({ ...deaf, ended: true })]).toEqual([[], []])
  })
})

test('a dead letter is a finding, unless its customer had to say it again', () => {
  const letter = {
    target: `mailbox airline-desk/${id}`,
    messageId: 'x',
    reason: 'unhandled',
    atMs: 0,
    body: JSON.stringify(played.sent[0]!.event),
    encoding: 'utf-8' as const,
  }
  const explain = (outcome: 'accepted' | 'unknown', reason: string): unknown[] => {
    const run = { ...played, sent: [{ ...played.sent[0]!, outcome }] }
    return unexplained(explainLetters([{ ...letter, reason }], 'airline-desk', [run]))
  }
  expect(explain('accepted', 'unhandled')).toHaveLength(1)
  expect(explain('unknown', 'no-such-agent')).toHaveLength(1)
  expect(explain('unknown', 'unhandled')).toEqual([])
})
