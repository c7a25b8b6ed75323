import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Place } from '../cli/cli-fixture.ts'
import { openPlace } from '../cli/cli-fixture.ts'
import type { Summary } from './report.ts'

const main = 'test/chaos/main.ts'

let place: Place
beforeAll(async () => {
  place = await openPlace()
})
afterAll(() => place.dispose())

test('a small campaign over real processes and a real broker: nothing lost, nothing twice', async () => {
  const job = place.script(main, '--runs', '24', '--kills', '6', '--seed', '3', '--json')
  const { code, json, stderr } = await job.finished()
  const summary = json() as unknown as Summary
  expect(summary, stderr).toMatchObject({ runs: 24, lost: 0, duplicated: 0, violations: 0 })
  const { host, tool, decision, broker } = summary.kills
  expect(Math.min(host, tool, decision, broker)).toBeGreaterThanOrEqual(1)
  expect(host + tool + decision + broker).toBeGreaterThanOrEqual(6)
  expect(summary.executions.writes).toBeGreaterThan(0)
  expect(stderr).toContain('24/24 runs ended')
  expect(code).toBe(0)
}, 300_000)

describe('bad input gives one clear message and exit code 2', () => {
  test.each([
    ['a number that is none', ['--runs', 'many'], /--runs: expected a whole number .*got many/],
    ['one process of a kind', ['--instances', '1'], /--instances: .*at least 2/],
    ['a missing data folder', ['--data', 'none'], /users\.json: does not exist/],
    ['an unknown option', ['--nonsense'], /nonsense/],
  ])('%s', async (_name, args, message) => {
    const { code, stderr, stdout } = await place.script(main, ...args).finished()
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test('--help explains the options', async () => {
    const { code, stdout } = await place.script(main, '--help').finished()
    expect(stdout).toContain('Usage: npm run chaos -- [options]')
    expect(code).toBe(0)
  })
})
