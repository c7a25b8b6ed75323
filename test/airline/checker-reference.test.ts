import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Ruling } from '../../examples/airline-desk/adversary/checker/index.ts'
import { isExplicitYes, ruleOn } from '../../examples/airline-desk/adversary/checker/index.ts'
import { sentences } from '../../examples/airline-desk/adversary/checker/sentences.ts'
import type { Task } from '../../examples/airline-desk/adversary/gold.ts'
import type { AirlineData } from '../../examples/airline-desk/domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { loadAirlineData, loadRuns } from '../../examples/airline-desk/domain/load.ts'
import { operationNamed } from '../../examples/airline-desk/domain/operations/index.ts'

const BESIDE = fileURLToPath(new URL('../../../shared/tau-airline', import.meta.url))
// A folder that was asked for and is missing has to fail, not to skip.
const dir = process.env['TAU_AIRLINE_DIR'] || (existsSync(BESIDE) ? BESIDE : undefined)
const why = dir ? '' : ' (skipped: TAU_AIRLINE_DIR is not set and ../shared/tau-airline is absent)'

type Call = Task['actions'][number]

interface Ruled {
  call: Call
  ruling: Ruling
  confirmed: boolean
  write: boolean
}

// The world without guards: every call is made, whatever the ruling.
function play(data: AirlineData, steps: (string | Call)[]): Ruled[] {
  const said: string[] = []
  const ruled: Ruled[] = []
  let changes = noChanges()
  let certificates = 0
  for (const call of steps) {
    if (typeof call === 'string') {
      said.push(call)
      continue
    }
    const now = overlay(data, changes)
    const touched = new Set(Object.keys(changes.reservations))
    const situation = { write: call, now, before: overlay(data), customerSaid: [...said], touched }
    const ruling = ruleOn({ ...situation, certificates })
    const operation = operationNamed(call.name)!
    const outcome = operation.run(now, call.arguments)
    const confirmed = isExplicitYes(said.at(-1) ?? '')
    ruled.push({ call, ruling, confirmed, write: operation.kind === 'write' })
    changes = mergeChanges(changes, outcome.changes)
    if (call.name === 'send_certificate' && !outcome.text.startsWith('Error:')) certificates++
  }
  return ruled
}

function counted(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

function broken({ ruling }: Ruled): string {
  if (ruling.allowed) return 'allowed'
  return Object.entries(sentences).find(([, text]) => text === ruling.sentence)?.[0] ?? 'unknown'
}

describe.skipIf(!dir)(`the checker on the tau-bench reference${why}`, () => {
  let data: AirlineData
  let tasks: Task[]
  beforeAll(async () => {
    data = await loadAirlineData(dir ?? '')
    tasks = JSON.parse(await readFile(join(dir ?? '', 'tasks.json'), 'utf8')) as Task[]
  })

  const said = (task: Task) => [task.reason_for_call, task.task_instructions, task.known_info]

  test('quotes the policy word for word', async () => {
    const policy = await readFile(join(dir ?? '', 'policy.md'), 'utf8')
    for (const sentence of Object.values(sentences)) expect(policy).toContain(sentence)
  })

  test('all 142 ground-truth actions are allowed, three of them as the policy is read here', () => {
    const ruled = tasks.flatMap((task) => play(data, [...said(task), ...task.actions]))
    expect(ruled).toHaveLength(142)
    expect(ruled.filter(({ ruling }) => !ruling.allowed)).toEqual([])
    const disputed = ruled.flatMap(({ call, ruling }) => (ruling.disputed ? [call.arguments] : []))
    expect(disputed.map(({ reservation_id }) => reservation_id)).toEqual([
      'XEHM4B',
      'OWZ4XL',
      'MSJ4OA',
    ])
  })

  test.each([
    ['without insurance', 0, 'EHGLP3'],
    ['a day too late', 1, 'Q69X3R'],
    ['flown', 9, 'NQNU5R'],
    ['basic economy', 9, 'IFOYYZ'],
    ['without insurance', 24, 'H9ZU1C'],
    ['basic economy', 28, 'SI5UKW'],
    ['only a silver member', 35, 'M20IZO'],
    ['a refund waived, but no insurance', 39, 'UDMOP1'],
    ['a refund waived, but no insurance', 39, 'XAZ3C0'],
    ['a refund waived, but flown', 39, 'I6M8JQ'],
    ['business, but flown', 41, '4XGCCM'],
    ['insured and in good health', 43, '9HBUV8'],
    ['insured and in good health', 44, 'S61CZX'],
    ['a family emergency', 45, 'PEP4E0'],
    ['insured, but for a birthday', 47, 'H8Q05L'],
    ['booked earlier than claimed', 48, '3RK2T9'],
    ['ill, but not insured', 49, '3RK2T9'],
  ])('what the tasks expect not to be cancelled: %s (task %i)', (_, id, reservation_id) => {
    const task = tasks.find((one) => one.id === id)!
    const call = { name: 'cancel_reservation', arguments: { reservation_id } }
    expect(play(data, [...said(task), call])[0]?.ruling.allowed).toBe(false)
  })

  test.each([2, 4, 5, 27, 38])('task %i expects no certificate', (id) => {
    const task = tasks.find((one) => one.id === id)!
    const user_id = /[a-z]+_[a-z]+_\d+/.exec(task.known_info)?.[0]
    for (const amount of [50, 100, 150, 200, 300]) {
      const call = { name: 'send_certificate', arguments: { user_id, amount } }
      expect(play(data, [...said(task), call])[0]?.ruling.allowed).toBe(false)
    }
  })

  test.each([
    {
      trial: 0,
      yes: 38,
      disputed: 0,
      verdicts: {
        allowed: 31,
        basicEconomy: 8,
        changePayment: 1,
        delayedFlights: 1,
        goldBags: 2,
        inProfile: 1,
        onlyWhenAsked: 1,
        sameTrip: 2,
        silverBags: 1,
        used: 3,
        whenToCancel: 7,
      },
    },
    {
      trial: 1,
      yes: 47,
      disputed: 9,
      verdicts: {
        allowed: 27,
        available: 1,
        basicEconomy: 1,
        bookingIds: 2,
        changePayment: 2,
        changingIds: 5,
        goldBags: 1,
        inProfile: 1,
        onlyWhenAsked: 1,
        paymentMix: 4,
        regularBags: 1,
        sameTrip: 2,
        used: 6,
        whenToCancel: 9,
      },
    },
  ])('the recorded writes of trial $trial, read one by one', async (expected) => {
    const runs = await loadRuns(join(dir ?? '', 'runs', `gpt-4o-trial-${expected.trial}.json`))
    const ruled = runs.flatMap((run) =>
      play(
        data,
        run.messages.flatMap((message): (string | Call)[] =>
          message.role === 'user' ? [message.content ?? ''] : (message.tool_calls ?? []),
        ),
      ).filter(({ write }) => write),
    )
    expect(counted(ruled.map(broken))).toEqual(expected.verdicts)
    expect(ruled.filter(({ confirmed }) => confirmed)).toHaveLength(expected.yes)
    expect(ruled.filter(({ ruling }) => ruling.disputed)).toHaveLength(expected.disputed)
  })
})
