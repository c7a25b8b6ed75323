import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AirlineData } from '../../examples/airline-desk/domain/database.ts'
import type { Run } from '../../examples/airline-desk/domain/load.ts'
import { loadAirlineData, loadRuns } from '../../examples/airline-desk/domain/load.ts'
import { refusals, Replay } from './replay.ts'

const BESIDE = fileURLToPath(new URL('../../../shared/tau-airline', import.meta.url))
// A folder that was asked for and is missing has to fail, not to skip.
const dir = process.env['TAU_AIRLINE_DIR'] || (existsSync(BESIDE) ? BESIDE : undefined)
const why = dir ? '' : ' (skipped: TAU_AIRLINE_DIR is not set and ../shared/tau-airline is absent)'

interface Task {
  id: number
  reason_for_call: string
  task_instructions: string
  known_info: string
  actions: { name: string; arguments: Record<string, unknown> }[]
}

interface ReferenceOutcome {
  task_id: number
  results: string[]
  changed: Record<string, Record<string, unknown>>
}

// What the policy makes of the recorded runs when refused writes do not happen. `harmful` are the
// refused writes that the tool itself would have accepted.
const RECORDED = [
  {
    file: 'gpt-4o-trial-0.json',
    calls: 282,
    writes: 58,
    refused: 27,
    harmful: 18,
    rules: {
      'bag-fee-wrong': 3,
      'cancel-already-flown': 3,
      'cancel-not-refundable': 7,
      'compensation-no-disruption': 2,
      'flights-basic-economy': 8,
      'flights-route-change': 2,
      'payment-certificate-for-change': 1,
      'payment-not-in-profile': 1,
    },
  },
  {
    file: 'gpt-4o-trial-1.json',
    calls: 290,
    writes: 63,
    refused: 32,
    harmful: 22,
    rules: {
      'bag-fee-wrong': 2,
      'cancel-already-flown': 6,
      'cancel-not-refundable': 9,
      'compensation-no-disruption': 1,
      'customer-not-identified': 5,
      'flights-basic-economy': 1,
      'flights-route-change': 1,
      'flights-trip-type-change': 1,
      'payment-certificate-for-change': 1,
      'payment-mix': 4,
      'payment-not-in-profile': 1,
    },
  },
]

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(dir ?? '', name), 'utf8')) as T
}

describe.skipIf(!dir)(`tau-bench reference${why}`, () => {
  let data: AirlineData
  beforeAll(async () => {
    data = await loadAirlineData(dir ?? '')
  })

  describe('50 tasks', () => {
    let tasks: Task[]
    let replays: Replay[]
    let references: Map<number, ReferenceOutcome>
    beforeAll(async () => {
      tasks = await readJson<Task[]>('tasks.json')
      const outcomes = await readJson<ReferenceOutcome[]>('reference-outcomes.json')
      references = new Map(outcomes.map((outcome) => [outcome.task_id, outcome]))
      replays = tasks.map((task) => {
        const replay = new Replay(data, true)
        replay.said.push(task.reason_for_call, task.task_instructions, task.known_info)
        for (const action of task.actions) replay.call(action)
        return replay
      })
    })

    test('142 ground-truth calls give the reference results', () => {
      expect(replays).toHaveLength(50)
      expect(replays.flatMap((replay) => replay.steps)).toHaveLength(142)
      tasks.forEach((task, index) => {
        const texts = replays[index]?.steps.map((step) => step.text)
        expect(texts, `task ${task.id}`).toEqual(references.get(task.id)?.results)
      })
    })

    test('50 changed sets equal the reference', () => {
      tasks.forEach((task, index) => {
        const changed = references.get(task.id)?.changed
        expect(replays[index]?.changed(), `task ${task.id}`).toStrictEqual(changed)
      })
      expect(replays.filter((replay) => Object.keys(replay.changed()).length > 0)).toHaveLength(26)
    })

    test('the policy allows all 142 ground-truth calls, 49 writes among them', () => {
      const steps = replays.flatMap((replay) => replay.steps)
      expect(steps.filter((step) => step.kind === 'write')).toHaveLength(49)
      expect(refusals(steps)).toEqual({})
    })
  })

  describe.each(RECORDED)(
    '50 runs of $file',
    ({ file, calls, writes, refused, harmful, rules }) => {
      let runs: Run[]
      beforeAll(async () => {
        runs = await loadRuns(join(dir ?? '', 'runs', file))
        expect(runs).toHaveLength(50)
      })

      test(`${calls} recorded calls give the recorded results`, () => {
        let compared = 0
        for (const run of runs) {
          const replay = new Replay(data, false).run(run)
          const results = run.messages.filter((message) => message.role === 'tool')
          // By position: the recorded call ids repeat within a run.
          const wanted = results.map((result) => result.reference_content ?? result.content)
          const given = replay.steps.map((step) => step.text)
          expect(given, `task ${run.task_id}`).toEqual(wanted)
          compared += given.length
        }
        expect(compared).toBe(calls)
      })

      test('50 unguarded changed sets equal the recorded ones', () => {
        for (const run of runs) {
          const changed = new Replay(data, false).run(run).changed()
          expect(changed, `task ${run.task_id}`).toStrictEqual(run.unguarded_changed)
        }
      })

      test(`${writes} writes: ${refused} refused, ${harmful} of them the tool accepts`, () => {
        const steps = runs.flatMap((run) => new Replay(data, true).run(run).steps)
        const written = steps.filter((step) => step.kind === 'write')
        const stopped = written.filter((step) => !step.verdict.allowed)
        expect(written).toHaveLength(writes)
        expect(stopped).toHaveLength(refused)
        expect(stopped.filter((step) => !step.text.startsWith('Error:'))).toHaveLength(harmful)
        expect(refusals(steps)).toEqual(rules)
      })
    },
  )
})
