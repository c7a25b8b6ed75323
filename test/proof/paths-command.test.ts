import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place } from '../cli/cli-fixture.ts'
import { openPlace } from '../cli/cli-fixture.ts'

const refunds = 'examples/quickstart/refunds.ts'

interface Report {
  parts: {
    kind: string
    name: string
    clauses: { id: string; says: string; kind: string; reason?: string }[]
    coverage?: Record<string, { total: number; seen: number; missed: string[] }>
    notes?: string[]
  }[]
}

describe('ashlar test of machines', () => {
  let place: Place
  let examples: string
  beforeAll(async () => {
    place = await openPlace()
    examples = join(place.folder, 'examples.json')
    const gone = { $error: { message: 'gone', kind: 'rejected' } }
    await writeFile(
      examples,
      JSON.stringify({
        refund: {
          inputs: [
            { order: 'A1', cents: 500 },
            { order: 'A2', cents: 90_000 },
          ],
          outputs: { payOut: [{ receipt: '1' }, gone] },
        },
      }),
    )
  })
  afterAll(() => place.dispose())
  const ashlar = (...args: string[]): Promise<Finished> => place.ashlar('test', ...args).finished()

  test('prints a line per path and the coverage, and says what to give', async () => {
    const { code, stdout } = await ashlar(refunds, '--only', 'refund')
    expect(code).toBe(0)
    expect(stdout).toContain('machine refund\n  ok       done judge DECLINE')
    expect(stdout).toMatch(/transitions +3 of 7 +42 %/)
    expect(stdout).toContain('not covered: state refund.paid')
    expect(stdout).toContain('note: it was started without an input')
    expect(stdout).toContain('of 0 tool(s) and decision(s), 1 machine(s)')
  })

  test('--cover fails below, and passes with examples', async () => {
    const below = await ashlar(refunds, '--only', 'refund', '--cover', '100')
    expect(below.code).toBe(1)
    expect(below.stdout).toMatch(/FAILED {3}coverage: 42 % of the transitions .* less than 100 %/)
    const args = ['--only', 'refund', '--cover', '100', '--examples', examples, '--json']
    const given = await ashlar(refunds, ...args)
    const { parts } = given.json() as unknown as Report
    expect(parts).toMatchObject([
      { kind: 'machine', name: 'refund', coverage: { transitions: { total: 7, seen: 7 } } },
    ])
    expect(parts[0]!.clauses.every(({ kind }) => kind === 'ok')).toBe(true)
    expect(parts[0]!.clauses.map(({ says }) => says)).toContain(
      'done judge APPROVE -> error payOut inDoubt',
    )
    expect(given.code).toBe(0)
  })

  test('a machine of which nobody knows how it begins is not run', async () => {
    const args = ['examples/quickstart/approval.ts', '--only', 'payment-approval']
    const { code, stdout } = await ashlar(...args)
    expect(stdout).toMatch(/not run {2}paths from its start: inputs: expected start inputs/)
    expect(code).toBe(0)
    const covered = await ashlar(...args, '--cover', '1')
    expect(covered.stdout).toMatch(/FAILED {3}paths from its start/)
    expect(covered.code).toBe(1)
  })

  test.each([
    ['a percentage that is none', ['--cover', 'all'], '--cover: expected a percentage'],
    ['examples of another form', ['--examples', 'EXAMPLES'], '--examples: judge_refund: expected'],
  ])('%s is refused', async (_, args, text) => {
    const wrong = join(place.folder, 'wrong.json')
    await writeFile(wrong, JSON.stringify({ judge_refund: { inputs: [] } }))
    const given = args.map((arg) => (arg === 'EXAMPLES' ? wrong : arg))
    const { code, stderr } = await ashlar(refunds, ...given)
    expect(stderr).toContain(text)
    expect(code).toBe(2)
  })
})
