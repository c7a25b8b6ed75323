import { expect, test } from 'vitest'
import { hostRecoveries, longestStall, spreadOf, workRecoveries } from './recovery.ts'
import type { Strike, TimedRun, TimedStep } from './recovery.ts'
import type { Fault } from './schedule.ts'

const fault: Fault = {
  action: 'kill',
  kind: 'host',
  pick: 0,
  all: false,
  leaderOf: undefined,
  afterRuns: 1,
  delayMs: 0,
  pauseMs: 0,
  quiet: true,
}
const lease = 'lease.airline-desk.3'

function strike(atMs: number, more: Partial<Fault> = {}, overMs = atMs + 100): Strike {
  const leases = new Set([lease])
  return { fault: { ...fault, ...more }, atMs, overMs, victims: ['host.1'], leases, running: 1 }
}

function step(atMs: number, ...waitsFor: string[]): TimedStep {
  return { atMs, heardMs: atMs + 5, waitsFor: new Set(waitsFor) }
}

function run(steps: TimedStep[], more: Partial<TimedRun> = {}): TimedRun {
  return { id: 'a', lease, steps, mail: [], ...more }
}

test('the time from the death of a host to the next transition of its agents elsewhere', () => {
  const waiting = run([step(900, 'tool'), step(3_000)])
  const elsewhere = run([step(900, 'tool'), step(1_300)], { lease: 'lease.airline-desk.4' })
  const idle = run([step(900), step(9_000)])
  const samples = hostRecoveries([strike(1_000)], [waiting, elsewhere, idle])
  expect(samples).toMatchObject([{ run: 'a', ms: 2_005, overlapped: false }])
})

test('a record that the host wrote while it died is not a recovery', () => {
  const waiting = run([step(900, 'tool'), step(1_010, 'tool'), step(2_500)])
  expect(hostRecoveries([strike(1_000)], [waiting])).toMatchObject([{ ms: 1_505 }])
})

test('what a customer had said and the desk had not taken is pending', () => {
  const steps = [step(900), step(3_000)]
  const spoken = run(steps, { mail: [{ acceptedMs: 950, takenMs: 3_000 }] })
  const taken = run(steps, { mail: [{ acceptedMs: 890, takenMs: 900 }] })
  expect(hostRecoveries([strike(1_000)], [spoken, taken])).toHaveLength(1)
})

test('a pause counts from the time on after which a host is lost', () => {
  const waiting = run([step(900, 'tool'), step(3_000)])
  const pauses = [1_500, 2_500].map((pauseMs) => strike(1_000, { action: 'pause', pauseMs }))
  expect(pauses.map((one) => hostRecoveries([one], [waiting]).length)).toEqual([0, 1])
})

test('another fault in the window, or no other host, is told apart', () => {
  const waiting = run([step(900, 'tool'), step(3_000)])
  const first = strike(1_000)
  const during = strike(2_000, { kind: 'broker' })
  const [sample] = hostRecoveries([first, during], [waiting])
  expect(sample).toMatchObject({ ms: 2_005, overlapped: true })
  const after = strike(4_000, { kind: 'broker' })
  expect(hostRecoveries([first, after], [waiting])).toMatchObject([{ overlapped: false }])
  expect(hostRecoveries([strike(1_000, { all: true })], [waiting])).toMatchObject([
    { overlapped: true },
  ])
})

test('the death of a tool process concerns those that waited for a tool', () => {
  const forTool = run([step(900, 'tool'), step(3_000)])
  const forDecision = run([step(900, 'decision'), step(3_000)])
  const strikes = [strike(1_000, { kind: 'tool' })]
  expect(workRecoveries('tool', strikes, [forTool, forDecision])).toHaveLength(1)
  expect(workRecoveries('decision', strikes, [forTool, forDecision])).toHaveLength(0)
})

test('median and worst', () => {
  const samples = [5, 1, 3, 2].map((ms) => ({ ms }))
  expect(spreadOf(samples)).toEqual({ count: 4, p50: 2, max: 5 })
  expect(spreadOf([])).toEqual({ count: 0, p50: null, max: null })
})

test('a standstill with work pending, whether a fault explains it or not', () => {
  expect(longestStall(run([step(0, 'tool'), step(900), step(9_000)]))).toBe(900)
  expect(longestStall(run([], { mail: [{ acceptedMs: 10, takenMs: 2_010 }] }))).toBe(2_000)
})
