import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { weatherOf } from './weather.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

interface Finished {
  code: number
  stdout: string
  stderr: string
}

function simulate(...args: string[]): Promise<Finished> {
  const options = { maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    const argv = ['--conditions=@ashlar/source', main, ...args]
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0
      resolve({ code, stdout, stderr })
    })
  })
}

describe('npm run simulate', () => {
  test('2,000 schedules with every kind of fault break no invariant', async () => {
    const { code, stdout, stderr } = await simulate('--schedules', '2000', '--json')
    const line = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>
    expect(line, stderr).toMatchObject({ schedules: 2_000, violations: 0, seed: 1 })
    for (const count of Object.values(line['strikes'] as object)) expect(count).toBeGreaterThan(100)
    expect(stderr).toContain('2000/2000 schedules')
    expect(code).toBe(0)
  }, 400_000)

  test('plays a written run and says what it broke', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ashlar-simulate-'))
    try {
      const file = join(folder, 'run.json')
      await writeFile(file, JSON.stringify({ seed: 2, weather: weatherOf(2), script: [] }))
      const { code, stderr } = await simulate('--replay', file)
      expect(stderr).toContain('what happens')
      expect(code).toBe(0)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test.each([
    [
      ['--schedules', 'many'],
      '--schedules: expected a whole number from 1 on, got many; correct it',
    ],
    [['--bogus'], "Unknown option '--bogus'"],
    [['--replay', '/no/such/file'], 'ENOENT'],
  ])('bad input is one clear line and code 2: %j', async (args, message) => {
    const { code, stderr } = await simulate(...args)
    expect(stderr.startsWith(`simulate: `)).toBe(true)
    expect(stderr).toContain(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})
