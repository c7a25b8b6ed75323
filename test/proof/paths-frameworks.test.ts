import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { testMachine } from 'ashlar/testing'
import { toggle } from './doc-machines/toggle.ts'

const fixture = fileURLToPath(new URL('fixtures/node-machine.ts', import.meta.url))

function inNode(...options: string[]): { stdout: string; status: number | null } {
  const always = ['--conditions=@ashlar/source', '--test-reporter=tap']
  const own = options.filter((option) => option.startsWith('--test'))
  const args = [...always, ...own, fixture, ...options.filter((option) => !own.includes(option))]
  return spawnSync(process.execPath, args, { encoding: 'utf8' })
}

describe('in node:test', () => {
  test('each path is a test, and the last one is about coverage', () => {
    const { stdout, status } = inNode()
    expect(stdout).toMatch(/^ok 1 - turnstile: COIN -> PUSH$/m)
    expect(stdout).toMatch(/^ok 2 - turnstile: COIN -> after 10000$/m)
    expect(stdout).toMatch(/^ok 3 - turnstile: coverage$/m)
    expect(stdout).toMatch(/transitions +3 of 3 +100 %/)
    expect(status).toBe(0)
  })

  test('what was missed makes it fail', () => {
    const { stdout, status } = inNode('--no-coin')
    expect(stdout).toMatch(/^not ok 2 - turnstile: coverage$/m)
    expect(stdout).toContain('0 % of the transitions are covered, less than 100 %; missed: ')
    expect(status).toBe(1)
  })

  test('a broker is stopped, also when the last test is left out', () => {
    const { stdout, status } = inNode('--test-name-pattern=PUSH')
    expect(stdout).toMatch(/^ok 1 - turnstile: COIN -> PUSH$/m)
    expect(stdout).not.toContain('coverage')
    expect(status).toBe(0)
  })
})

test('in vitest without globals the message says what to pass', () => {
  expect(() => testMachine(toggle)).toThrow(/import \{ test \} from 'vitest'/)
})
