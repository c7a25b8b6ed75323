import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

const module = 'test/cli/fixtures/kiosk.ts'

interface Report {
  parts: { kind: string; name: string; clauses: { id: string; kind: string; reason?: string }[] }[]
  summary: Record<string, number>
}

describe('ashlar test', () => {
  let place: Place
  let examples: string
  beforeAll(async () => {
    place = await openPlace()
    examples = join(place.folder, 'examples.json')
    await writeFile(
      examples,
      '{"unlock":[{"code":"open sesame"}],"greet":[{"input":{"name":"Ann"}}]}',
    )
  })
  afterAll(() => place.dispose())
  const ashlar = (...args: string[]): Promise<Finished> => place.ashlar('test', ...args).finished()
  const report = ({ json }: Finished): Report => json() as unknown as Report

  test('prints a line per clause and a summary, and executes nothing by itself', async () => {
    const { code, stdout } = await ashlar('examples/quickstart/refunds.ts')
    expect(code).toBe(0)
    expect(stdout).toContain('tool pay_out\n  ok       example inputs fit the input schema')
    expect(stdout).toMatch(
      /not run {2}what it answers .*: its own code is not executed; `--execute`/,
    )
    expect(stdout).toMatch(/n\/a {6}what undoes a call .*: it declares no `compensate`/)
    expect(stdout).toMatch(/ {2}ok {7}rules chooses among what is offered, or says why not/)
    expect(stdout).toMatch(/\d+ ok, 0 failed, \d+ not run, \d+ not applicable, of 2 tool/)
    expect(stdout).toContain('Tools are executed with --execute only.')
  })

  test('a clause that is broken ends it with code 1', async () => {
    const finished = await ashlar(module, '--only', 'sell', '--execute', '--json')
    expect(finished.code).toBe(1)
    expect(finished.stderr).toContain('1 clause(s) are broken')
    const { parts, summary } = report(finished)
    expect(parts.map(({ kind, name }) => [kind, name])).toEqual([['tool', 'sell']])
    const failed = parts[0]!.clauses.filter(({ kind }) => kind === 'failed')
    expect(failed).toMatchObject([{ id: 'same-key', reason: /done with \{"ticket":1\}/ as never }])
    expect(summary['failed']).toBe(1)
  })

  test('the same tool is not executed without leave, and passes as far as it was tested', async () => {
    const finished = await ashlar(module, '--only', 'sell', '--only', 'greet', '--json')
    expect(finished.code).toBe(0)
    const { parts } = report(finished)
    expect(parts.map(({ name }) => name)).toEqual(['sell', 'greet'])
    const sameKey = parts[0]!.clauses.find(({ id }) => id === 'same-key')
    expect(sameKey).toMatchObject({ kind: 'notRun' })
  })

  test('what nobody can make an example of fails until one is given', async () => {
    const without = await ashlar(module, '--only', 'unlock')
    expect(without.code).toBe(1)
    expect(without.stdout).toMatch(
      /FAILED .*no example of the input of unlock could be made: code: /,
    )
    const given = await ashlar(
      module,
      '--only',
      'unlock',
      '--only',
      'greet',
      '--examples',
      examples,
    )
    expect(given.stdout).not.toContain('FAILED')
    expect(given.code).toBe(0)
  })

  test.each([
    [
      'an unknown name',
      ['--only', 'nobody'],
      4,
      'no tool, decision or machine nobody; it has sell',
    ],
    ['a file that is not there', ['--examples', 'nowhere.json'], 2, '--examples: expected'],
    ['examples of what it has not', ['--examples', 'package.json'], 2, '--examples: expected'],
  ])('%s is refused', async (_, args, code, text) => {
    const finished = await ashlar(module, ...args)
    expect(finished.stderr).toContain(text)
    expect(finished.code).toBe(code)
  })
})
