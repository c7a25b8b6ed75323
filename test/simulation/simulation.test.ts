import { describe, expect, test } from 'vitest'
import type { Bus } from '../../src/bus/bus.ts'
import { violations } from './checkers.ts'
import type { Schedule } from './simulation.ts'
import { Simulation } from './simulation.ts'
import { storm } from './storm.ts'

const { rounds } = storm

/** Runs seeds until one breaks an invariant; a failure names its seed, which replays exactly. */
async function firstViolation(
  schedules: number,
  schedule: Omit<Schedule, 'seed'>,
  firstSeed = 1,
): Promise<{ seed: number; found: string[] } | undefined> {
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
    const result = await new Simulation({ ...schedule, seed }).run()
    const found = await violations(result, rounds)
    if (found.length > 0) return { seed, found }
  }
  return undefined
}

describe('the production runtime under seeded interleavings, crashes and losses', () => {
  test('300 schedules break no invariant', async () => {
    expect(await firstViolation(300, storm)).toBeUndefined()
  }, 120_000)

  test('60 schedules of a heavier storm break no invariant', async () => {
    const rates = { ...storm.rates, lostRequest: 0.03, lostAnswer: 0.03 }
    expect(await firstViolation(60, { ...storm, rates, crash: 0.01 }, 9_000)).toBeUndefined()
  }, 120_000)

  test('a seed replays exactly', async () => {
    const [one, other] = [
      await new Simulation({ ...storm, seed: 42 }).run(),
      await new Simulation({ ...storm, seed: 42 }).run(),
    ]
    expect(other.trace).toEqual(one.trace)
    expect(one.crashes).toBeGreaterThan(0)
  })
})

describe('the checkers can fail: a bus that breaks one promise is found out', () => {
  const saboteurs: Record<string, (bus: Bus) => Bus> = {
    'a journal that acknowledges before it stores': (bus) => {
      let appends = 0
      const append: Bus['journal']['append'] = (address, body, expected) =>
        ++appends % 7 === 0
          ? Promise.resolve({ kind: 'appended', seq: expected + 1 })
          : bus.journal.append(address, body, expected)
      return { ...bus, journal: { ...bus.journal, append } }
    },
    'a checkpoint that passes unfinished mail': (bus) => {
      const checkpoint: Bus['mailbox']['checkpoint'] = (slice, seq) =>
        bus.mailbox.checkpoint(slice, seq + 3)
      return { ...bus, mailbox: { ...bus.mailbox, checkpoint } }
    },
    'a mailbox that acknowledges what it drops': (bus) => {
      let posts = 0
      const post: Bus['mailbox']['post'] = (to, body, id) =>
        ++posts % 11 === 0
          ? Promise.resolve({ seq: 1, duplicate: false })
          : bus.mailbox.post(to, body, id)
      return { ...bus, mailbox: { ...bus.mailbox, post } }
    },
    'timers that fire at once': (bus) => {
      const schedule: Bus['timers']['schedule'] = (address, id, _atMs, body) =>
        bus.timers.schedule(address, id, 0, body)
      return { ...bus, timers: { ...bus.timers, schedule } }
    },
    'a journal without a fence': (bus) => {
      const append: Bus['journal']['append'] = async (address, body) => {
        const last = await bus.journal.last(address)
        return bus.journal.append(address, body, last?.seq ?? 0)
      }
      return { ...bus, journal: { ...bus.journal, append } }
    },
    'a ledger that forgets its intents': (bus) => {
      const put: Bus['keyValue']['put'] = (bucket, key, value, expected) =>
        bucket === 'ledger'
          ? Promise.resolve({ kind: 'written', revision: 1 })
          : bus.keyValue.put(bucket, key, value, expected)
      return { ...bus, keyValue: { ...bus.keyValue, put } }
    },
  }

  test.each(Object.keys(saboteurs))(
    '%s',
    async (name) => {
      const sabotage = saboteurs[name]!
      expect(await firstViolation(60, { ...storm, crash: 0.01, sabotage }, 70_000)).toBeDefined()
    },
    120_000,
  )
})
