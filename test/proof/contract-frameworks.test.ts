import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testTool } from 'ashlar/testing'
import { payIdempotently } from './bank.ts'

test('in node:test the clauses are tests, without anything being passed', () => {
  const file = fileURLToPath(new URL('fixtures/node-runner.ts', import.meta.url))
  const args = ['--conditions=@ashlar/source', '--test-reporter=tap', file]
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout).toMatch(
    /^ok \d+ - pay: a second call with the same idempotency key has no second/m,
  )
  expect(stdout).toMatch(/^not ok \d+ - broken: what it answers to the examples is of its schema/m)
  expect(stdout).toMatch(/^ok \d+ - broken: one attempt .* # SKIP `outside` has no `fail`/m)
  expect(stdout).toMatch(/^# fail 1$/m)
  expect(status).toBe(1)
})

test('in vitest without globals the message says what to pass', () => {
  expect(() => testTool(payIdempotently())).toThrow(/import \{ test \} from 'vitest'/)
})

test('any function that defines tests will do', async () => {
  const bodies = new Map<string, () => Promise<void>>()
  testTool(payIdempotently(), { test: (name, body) => bodies.set(name, body) })
  expect([...bodies.keys()].every((name) => name.startsWith('pay: '))).toBe(true)
  // Without a context, as in Jest, what was not tested passes.
  for (const body of bodies.values()) await body()
})
