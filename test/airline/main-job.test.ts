import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NextMoveInput } from '../../examples/airline-desk/contracts.ts'
import { createDecision } from '../../examples/airline-desk/decisions.ts'
import type { Place } from '../cli/cli-fixture.ts'
import { openPlace, projectRoot } from '../cli/cli-fixture.ts'

const main = 'examples/airline-desk/start.js'
const publicData = process.env.TAU_AIRLINE_DIR ?? resolve(projectRoot, '../shared/tau-airline')

/** The first scripted conversations, judged. */
async function scriptedRuns(rewards: readonly (number | undefined)[]): Promise<object[]> {
  const file = join(projectRoot, 'examples/airline-desk/data/conversations.json')
  const all = JSON.parse(await readFile(file, 'utf8')) as object[]
  return rewards.map((reward, index) => ({ ...all[index], reward }))
}

/** For each set of moves that the desk offers, what it knows, and what happened last: one prompt. */
async function showPrompts(recording: string): Promise<void> {
  const { prompt } = createDecision([])
  const shown = new Map<string, string>()
  for (const line of recording.trim().split('\n')) {
    const { input, offered } = JSON.parse(line) as { input: NextMoveInput; offered: string[] }
    const known = `${input.customer === null ? 'unknown' : 'known'} customer`
    const { from = 'nobody', call } = input.lines.at(-1) ?? {}
    const situation = `${offered.join(', ')}; ${known}; ${from} ${call?.name ?? 'spoke'}`
    const text = prompt(input, offered)
    const before = shown.get(situation)
    // Conversations run side by side, so the first one is any; the shortest is the same each time.
    const isBefore = before === undefined || text.length < before.length
    if (isBefore || (text.length === before.length && text < before)) shown.set(situation, text)
  }
  const situations = [...shown].toSorted(([a], [b]) => a.localeCompare(b))
  const text = situations.map(([situation, one]) => `# ${situation}\n\n${one}\n`).join('\n\n')
  await expect(text).toMatchFileSnapshot('__snapshots__/prompts.txt')
}

describe('the main job', () => {
  let place: Place
  beforeAll(async () => {
    place = await openPlace()
  })
  afterAll(() => place.dispose())

  test('works through the scripted conversations, each to its expected end', async () => {
    const { code, stdout, stderr } = await place.script(main).finished()
    expect(stdout).not.toContain('UNEXPECTED')
    expect(stdout).toContain('8 conversation(s): 7 ended, 1 handed to a person, 0 stuck')
    expect(stdout).toContain('refused   cancel_reservation by cancel-not-refundable')
    for (const name of ['desk', 'tools', 'decisions']) {
      expect(stderr).toMatch(new RegExp(`process ${name} \\(pid \\d+\\) is up`))
    }
    expect(code).toBe(0)
  })

  test('with --json the last line is the summary', async () => {
    const { code, json } = await place.script(main, '--json').finished()
    expect(json()).toEqual({
      conversations: 8,
      ended: 7,
      transferred: 1,
      stuck: 0,
      refusals: { 'cancel-not-refundable': 1, 'flights-basic-economy': 1 },
      durationMs: expect.any(Number) as number,
    })
    expect(code).toBe(0)
  })

  test('with --record its decisions become cases that the recorded decider has all right', async () => {
    const file = join(place.folder, 'cases.jsonl')
    expect((await place.script(main, '--record', file).finished()).code).toBe(0)
    const module = 'examples/airline-desk/decisions.ts'
    const args = ['eval', module, 'next_move', '--cases', file, '--json', '--decider']
    const { json } = await place.ashlar(...args, 'recorded').finished()
    const { cases, byOption } = json() as { cases: number; byOption: { option: string }[] }
    expect(json()).toMatchObject({ right: cases, accuracy: 1, wrong: [] })
    expect(cases).toBeGreaterThan(30)
    expect(byOption.map(({ option }) => option)).toEqual(
      expect.arrayContaining(['REPLY', 'LOOK_UP', 'PROPOSE', 'TRANSFER']),
    )
    await showPrompts(await readFile(file, 'utf8'))
    const others = await place.ashlar(...args, 'hand-over').finished()
    const { accuracy } = others.json() as { accuracy: number }
    expect(accuracy).toBeLessThan(0.2)
  })

  test('with --solved it plays what was judged solved, and what nobody judged', async () => {
    const runs = await scriptedRuns([0, 1, undefined])
    const file = join(place.folder, 'judged.json')
    await writeFile(file, JSON.stringify(runs))
    const { code, json } = await place.script(main, '--runs', file, '--solved', '--json').finished()
    expect(json()).toMatchObject({ conversations: 2, stuck: 0 })
    expect(code).toBe(0)
  })

  test('survives kill -9 of every one of its processes in the middle', async () => {
    const job = place.script(main, '--concurrency', '2')
    for (const name of ['desk', 'tools', 'decisions']) {
      const [, pid] = await job.printed(new RegExp(`process ${name} \\(pid (\\d+)\\) is up`))
      if (name === 'decisions') await job.printed(/\[1\/8\]/)
      process.kill(Number(pid), 'SIGKILL')
    }
    const { code, stdout, stderr } = await job.finished()
    expect(stderr).toMatch(/process desk \(pid \d+\) died \(SIGKILL\)/)
    expect(stdout).toContain('8 conversation(s): 7 ended, 1 handed to a person, 0 stuck')
    expect(code).toBe(0)
  })

  test('Ctrl-C stops everything and leaves with code 130', async () => {
    const job = place.script(main, '--concurrency', '1')
    await job.printed(/\[1\/8\]/)
    job.child.kill('SIGINT')
    const { code, stderr } = await job.finished()
    expect(stderr).toContain('stopping')
    expect(code).toBe(130)
  })
})

describe('the main job with bad input', () => {
  let place: Place
  let folder: string
  beforeAll(async () => {
    place = await openPlace()
    folder = await mkdtemp(join(tmpdir(), 'ashlar-data-'))
    await cp(join(projectRoot, 'examples/airline-desk/data'), folder, { recursive: true })
    await writeFile(join(folder, 'broken.json'), '[{"task_id": "x"}]')
    await writeFile(join(folder, 'unsolved.json'), JSON.stringify(await scriptedRuns([0, 0.5])))
  })
  afterAll(async () => {
    await place.dispose()
    await rm(folder, { recursive: true })
  })

  test.each([
    [
      'a missing data folder',
      () => ['--data', join(folder, 'none')],
      /users\.json: does not exist/,
    ],
    [
      'a missing recording',
      () => ['--runs', join(folder, 'none.json')],
      /none\.json: does not exist/,
    ],
    ['a malformed recording', () => ['--runs', join(folder, 'broken.json')], /0\.task_id/],
    [
      'nothing that was solved',
      () => ['--runs', join(folder, 'unsolved.json'), '--solved'],
      /--solved: none of the 2 conversations in .*unsolved\.json is solved/,
    ],
    ['an unknown option', () => ['--nonsense'], /nonsense/],
    ['a bad number', () => ['--concurrency', 'many'], /--concurrency: expected a positive/],
  ])('%s gives one clear message and exit code 2', async (_name, args, message) => {
    const { code, stderr, stdout } = await place.script(main, ...args()).finished()
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})

describe('the main job on the public data', () => {
  const present = existsSync(join(publicData, 'runs/gpt-4o-trial-0.json'))
  const notice = present ? '' : ` (skipped: no data folder at TAU_AIRLINE_DIR or ../shared)`

  test.skipIf(!present)(
    `takes all 50 recorded conversations to an end state${notice}`,
    async () => {
      const place = await openPlace()
      const runs = join(publicData, 'runs/gpt-4o-trial-0.json')
      const { code, json, stderr } = await place
        .script(main, '--data', publicData, '--runs', runs, '--json')
        .finished()
      await place.dispose()
      expect(stderr).not.toContain('died')
      const summary = json() as { ended: number; transferred: number; refusals: object }
      expect(summary).toMatchObject({ conversations: 50, stuck: 0 })
      expect(summary.ended + summary.transferred).toBe(50)
      expect(summary.transferred).toBe(10)
      expect(Object.keys(summary.refusals)).toContain('cancel-not-refundable')
      expect(code).toBe(0)
    },
    120_000,
  )

  test.skipIf(!present)(`with --solved takes 21 of them${notice}`, async () => {
    const place = await openPlace()
    const { code, json } = await place
      .script(main, '--data', publicData, '--solved', '--json')
      .finished()
    await place.dispose()
    expect(json()).toMatchObject({ conversations: 21, stuck: 0 })
    expect(code).toBe(0)
  })
})
