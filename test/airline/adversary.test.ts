import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Summary } from '../../examples/airline-desk/adversary/summary.ts'
import type { Place } from '../cli/cli-fixture.ts'
import { openPlace, projectRoot } from '../cli/cli-fixture.ts'

const main = 'examples/airline-desk/adversary/main.ts'
const publicData = process.env.TAU_AIRLINE_DIR ?? resolve(projectRoot, '../shared/tau-airline')
const present = existsSync(join(publicData, 'runs/gpt-4o-trial-0.json'))
const notice = present ? '' : ' (skipped: no data folder at TAU_AIRLINE_DIR or ../shared)'

interface Written {
  task_id: number
  trial: number
  desk: 'baseline' | 'desk'
  name: string
  arguments: object
  confirmed: boolean
}

describe.skipIf(!present)(`the adversary on the public data${notice}`, () => {
  let place: Place
  let summary: Summary
  let written: Written[]
  let page: string
  beforeAll(async () => {
    place = await openPlace()
    const [writes, report] = [join(place.folder, 'writes.jsonl'), join(place.folder, 'r.html')]
    const files = ['--writes', writes, '--report', report]
    const run = await place.script(main, '--data', publicData, ...files, '--json').finished()
    expect(run.stderr).not.toContain('adversary:')
    expect(run.code).toBe(0)
    summary = run.json() as unknown as Summary
    const lines = (await readFile(writes, 'utf8')).trim().split('\n')
    written = lines.map((line) => JSON.parse(line) as Written)
    page = await readFile(report, 'utf8')
  }, 300_000)
  afterAll(() => place.dispose())

  test('all 50 tasks’ ground truth goes through, to the reference', () => {
    expect(summary.gold).toEqual({ tasks: 50, refused: 0, stateEqual: 50 })
  })

  test('our desk commits nothing forbidden and refuses nothing legitimate', () => {
    expect(summary.runs).toBe(100)
    const { forbidden, legitimateRefused, stuck } = summary.desk
    expect({ forbidden, legitimateRefused, stuck }).toEqual({
      forbidden: 0,
      legitimateRefused: 0,
      stuck: 0,
    })
    expect(summary.baseline.forbidden).toBeGreaterThan(20)
    expect(summary.desk.proposed).toBe(summary.baseline.proposed)
  })

  test('every refusal names its rule', () => {
    const byRule = Object.values(summary.refusalsByRule).reduce((sum, one) => sum + one, 0)
    expect(byRule).toBe(summary.desk.refused)
    expect(Object.keys(summary.refusalsByRule)).toContain('cancel-not-refundable')
  })

  test('every failed run is attributed to a layer, with evidence', () => {
    expect(summary.failures).toHaveLength(57)
    for (const { attribution, agent } of summary.failures) {
      expect(agent).toMatch(/^airline-desk\/task-\d+-trial-[01]-desk-/)
      expect(attribution.reason).not.toBe('')
      expect(attribution.expectation).not.toBe('')
    }
    const layers = Object.values(summary.attribution).reduce((sum, one) => sum + one, 0)
    expect(layers).toBe(57)
  })

  test('the log has every committed write of both desks, in order, and can be audited', () => {
    for (const kind of ['baseline', 'desk'] as const) {
      const own = written.filter(({ desk }) => desk === kind)
      expect(own).toHaveLength(summary[kind].committed)
    }
    expect(written.filter(({ desk }) => desk === 'desk').every((one) => one.confirmed)).toBe(true)
    expect(written[0]).toEqual({
      task_id: expect.any(Number) as number,
      trial: expect.any(Number) as number,
      desk: expect.stringMatching(/^(baseline|desk)$/) as string,
      name: expect.any(String) as string,
      arguments: expect.any(Object) as object,
      confirmed: expect.any(Boolean) as boolean,
    })
  })

  test('the page shows the figures', () => {
    expect(page).toContain('<svg')
    expect(page).toContain(`baseline: forbidden writes committed`)
    expect(page).toContain('ashlar explain airline-desk/task-')
  })

  test('explain tells the story of a failed run afterwards', async () => {
    const failed = summary.failures.find(({ attribution }) => attribution.layer === 'decision')!
    const { code, json } = await place.ashlar('explain', failed.agent, '--json').finished()
    expect(code).toBe(0)
    expect(json()).toMatchObject({
      agent: failed.agent,
      first: { layer: 'decision', expectation: failed.attribution.expectation },
    })
  })
})

describe('the adversary with bad input', () => {
  let place: Place
  beforeAll(async () => {
    place = await openPlace()
  })
  afterAll(() => place.dispose())

  test.each([
    ['no data folder', [], /--data: expected the folder/],
    ['a folder without runs', ['--data', 'examples/airline-desk/data'], /holds no recorded runs/],
    ['a bad number', ['--data', '.', '--runs', 'a', '--hostile', 'many'], /--hostile: expected/],
    ['an unknown option', ['--data', '.', '--nonsense'], /nonsense/],
    ['a stray word', ['--data', '.', 'stray'], /stray: not understood/],
  ])('%s gives one clear message and exit code 2', async (_name, args, message) => {
    const { code, stderr, stdout } = await place.script(main, ...args).finished()
    expect(stderr).toMatch(message)
    expect([stdout, code]).toEqual(['', 2])
  })

  test('help', async () => {
    const { code, stdout } = await place.script(main, '--help').finished()
    expect(stdout).toContain('--writes FILE')
    expect(code).toBe(0)
  })
})
