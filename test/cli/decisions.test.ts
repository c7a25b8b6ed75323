import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place, Running } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

const module = 'test/cli/fixtures/judge.ts'

describe('a decision by itself', () => {
  let place: Place
  let serving: Running
  let recording: string
  beforeAll(async () => {
    place = await openPlace()
    recording = join(place.folder, 'decisions.jsonl')
    serving = place.ashlar('run', module, '--record', recording)
    await serving.printed(/serving claims/)
    for (const [id, cents] of [
      ['small', 50],
      ['large', 500],
    ] as const) {
      const input = JSON.stringify({ cents })
      const args = ['start', 'claim', '--id', id, '--input', input, '--wait', '--json']
      const { code } = await place.ashlar(...args).finished()
      expect(code).toBe(0)
    }
  })
  afterAll(async () => {
    serving.child.kill('SIGINT')
    await serving.finished()
    await place.dispose()
  })
  const ashlar = (...args: string[]): Promise<Finished> => place.ashlar(...args).finished()
  const casesOf = async (name: string, cases: readonly object[]): Promise<string> => {
    const file = join(place.folder, name)
    await writeFile(file, cases.map((one) => `${JSON.stringify(one)}\n`).join(''))
    return file
  }

  test('run --record writes every decision with what it was about', async () => {
    const lines = (await readFile(recording, 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        decision: 'judge',
        agent: 'claim/small',
        input: { cents: 50 },
        offered: ['APPROVE', 'DECLINE'],
        outcome: { kind: 'decided', option: { type: 'APPROVE' } },
      },
      {
        agent: 'claim/large',
        outcome: {
          option: { type: 'DECLINE', reason: 'too much' },
          provenance: { decider: 'strict', attempts: 1 },
        },
      },
    ])
  })

  test('decide asks again about a stored state, and the agent does not hear of it', async () => {
    const about = ['decide', 'claim/large', '--module', module]
    const { code, stdout } = await ashlar(...about)
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^claim\/large asked for judge at transition 1\noffered: APPROVE, DECLINE\nthen: {4}\{"type":"DECLINE","reason":"too much"\}, by strict, in \d+ ms\nnow: {5}\{"type":"DECLINE","reason":"too much"\}, by strict, in \d+ ms\n$/,
    )
    const other = await ashlar(...about, '--decider', 'kind', '--json')
    expect(other.json()).toMatchObject({
      agent: 'claim/large',
      step: 1,
      outcome: { kind: 'decided', option: { type: 'APPROVE' }, provenance: { decider: 'kind' } },
    })
    const shown = await ashlar('show', 'claim/large', '--json')
    expect(shown.json()).toMatchObject({ status: 'done', value: 'declined', step: 2 })
  })

  test('decide says what there is when there is no such thing', async () => {
    const nobody = await ashlar('decide', 'claim/nobody', '--module', module)
    expect([nobody.code, nobody.stderr]).toEqual([
      4,
      'ashlar: there is no agent claim/nobody; `ashlar ps` lists them\n',
    ])
    const step = await ashlar('decide', 'claim/large', '--module', module, '--step', '2')
    expect([step.code, step.stderr]).toEqual([
      4,
      'ashlar: claim/large asked for no decision there; transitions that did: 1\n',
    ])
    const decider = await ashlar('decide', 'claim/large', '--module', module, '--decider', 'x')
    expect([decider.code, decider.stderr]).toEqual([
      2,
      'ashlar: --decider: expected one of those of judge: strict, kind, silent, got x; ' +
        'name one of them, or leave the option out to ask all in their order\n',
    ])
  })

  test('eval takes a recording for the truth', async () => {
    const { code, json } = await ashlar('eval', module, 'judge', '--cases', recording, '--json')
    expect(code).toBe(0)
    expect(json()).toMatchObject({ decision: 'judge', cases: 2, right: 2, accuracy: 1, wrong: [] })
    const about = ['eval', module, 'judge', '--cases', recording]
    const kind = await ashlar(...about, '--decider', 'kind', '--json')
    expect(kind.json()).toMatchObject({
      deciders: ['kind'],
      accuracy: 0.5,
      confusions: [{ expected: 'DECLINE', chosen: 'APPROVE', count: 1 }],
      wrong: [{ name: 'line 2', expected: { type: 'DECLINE' }, chosen: { type: 'APPROVE' } }],
    })
  })

  test('eval prints recall and precision per option, and fails below a threshold', async () => {
    const file = await casesOf('cases.jsonl', [
      { name: 'tiny', input: { cents: 1 }, expected: 'APPROVE' },
      { input: { cents: 99 }, expected: 'ESCALATE' },
      { input: { cents: 900 }, expected: { type: 'DECLINE', reason: 'too much' } },
      { input: { cents: 900 }, expected: { type: 'DECLINE', reason: 'other' } },
      { input: { cents: 900 }, offered: ['APPROVE'], expected: 'APPROVE' },
      { decision: 'another', input: {}, expected: 'X' },
    ])
    const args = ['eval', module, 'judge', '--cases', file, '--decider', 'strict']
    const { code, stdout, stderr } = await ashlar(...args, '--min-accuracy', '0.5')
    expect(stdout).toContain(
      'judge, asked of strict\n2 of 5 right: 40.0 %; 1 abstained\n3 of 5 the same option: 60.0 %\n',
    )
    expect(stdout).toContain('  option    cases  same option  right  recall  chosen  precision\n')
    expect(stdout).toMatch(/APPROVE +2 +1 +1 +50.0 % +2 +50.0 %\n/)
    expect(stdout).toMatch(/DECLINE +2 +2 +1 +50.0 % +2 +50.0 %\n/)
    expect(stdout).toMatch(/ESCALATE +1 +0 +0 +0.0 % +0 +–\n/)
    expect(stdout).toContain('ESCALATE taken for APPROVE: 1\n')
    expect(stdout).toContain('wrong: line 5: {"type":"APPROVE"} expected, abstained: strict: broke')
    expect([code, stderr]).toEqual([1, 'ashlar: accuracy 40.0 % is below 50.0 %\n'])
    expect((await ashlar(...args, '--min-accuracy', '0.4')).code).toBe(0)
    expect((await ashlar(...args, '--limit', '1', '--min-accuracy', '1')).code).toBe(0)
  })

  test('eval does not compare members that are ignored', async () => {
    const file = await casesOf('reworded.jsonl', [
      { input: { cents: 900 }, expected: { type: 'DECLINE', reason: 'in other words' } },
      { input: { cents: 900 }, expected: { type: 'ESCALATE' } },
    ])
    const args = ['eval', module, 'judge', '--cases', file, '--decider', 'strict']
    const strict = await ashlar(...args, '--json')
    expect(strict.json()).toMatchObject({
      ignored: [],
      right: 0,
      accuracy: 0,
      sameOption: 1,
      optionAccuracy: 0.5,
      byOption: [
        { option: 'DECLINE', cases: 1, chosen: 2, sameOption: 1, right: 0 },
        { option: 'ESCALATE', cases: 1, chosen: 0, sameOption: 0, right: 0 },
      ],
    })
    const lenient = await ashlar(...args, '--ignore', 'reason', '--min-accuracy', '0.5')
    expect(lenient.code).toBe(0)
    expect(lenient.stdout).toContain('1 of 2 right: 50.0 %')
    expect(lenient.stdout).toContain('not compared: reason\n')
    expect(lenient.stdout).not.toContain('wrong: line 1')
  })

  test.each(['type', 'reasons'])('eval refuses to ignore %s', async (name) => {
    const args = ['eval', module, 'judge', '--cases', recording, '--ignore', 'reason']
    const { code, stderr } = await ashlar(...args, '--ignore', name)
    expect([code, stderr]).toEqual([
      2,
      'ashlar: --ignore: expected a member of the options of judge beside `type`: reason, ' +
        `got ${name}; correct the name, or leave the option out\n`,
    ])
  })

  test('eval names the line that it cannot read', async () => {
    const wrong: [object | string, string][] = [
      ['{"input":', 'no JSON'],
      [{ input: {} }, 'expected: nothing says what is right'],
      [{ input: {}, expected: 'FLY' }, 'expected: FLY is none of APPROVE, DECLINE, ESCALATE'],
    ]
    for (const [line, got] of wrong) {
      const file = join(place.folder, 'bad.jsonl')
      await writeFile(file, `\n${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
      const { code, stderr } = await ashlar('eval', module, 'judge', '--cases', file)
      expect([code, stderr]).toEqual([
        2,
        `ashlar: ${file}:2: expected a case: {"input": …, "expected": "TYPE" or {"type": …}}, ` +
          `got ${got}; correct the line, or record cases with \`ashlar run --record FILE\`\n`,
      ])
    }
  })

  test.each<[string, string[], number, string]>([
    [
      'no decision of that name',
      ['judge2', '--cases', 'x'],
      4,
      'has no decision judge2; it has judge',
    ],
    [
      'no such file',
      ['judge', '--cases', '/no/such'],
      2,
      '--cases: expected a file that can be read',
    ],
    ['a threshold beyond one', ['judge', '--cases', 'x', '--min-accuracy', '2'], 2, 'from 0 to 1'],
    ['half a case at once', ['judge', '--cases', 'x', '--concurrency', '0.5'], 2, '--concurrency'],
  ])('eval refuses %s', async (_, args, code, text) => {
    const ended = await ashlar('eval', module, ...args)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(text)
  })

  test('run refuses a recording that it cannot write', async () => {
    const { code, stderr } = await ashlar('run', module, '--record', '/no/such/folder/file')
    expect(code).toBe(2)
    expect(stderr).toContain('--record: expected a file to append to, got /no/such/folder/file')
  })
})
