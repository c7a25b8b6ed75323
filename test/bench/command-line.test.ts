import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { faultsOf } from '../../bench/side-by-side/compare.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const script = (file: string): string => `${root}bench/${file}`

interface Ended {
  code: number
  stdout: string
  stderr: string
}

function run(file: string, ...args: string[]): Promise<Ended> {
  const command = ['--conditions=@ashlar/source', script(file), ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

describe('npm run bench', () => {
  test('prints one JSON document of the documented shape', async () => {
    const { code, stdout } = await run('main.ts', '--only', 'step', '--json', '--seconds', '0.2')
    expect(code).toBe(0)
    const positive = expect.toSatisfy((value: number) => value > 0)
    expect(JSON.parse(stdout)).toMatchObject({
      machine: { cores: positive, memoryBytes: positive, node: process.versions.node },
      revision: expect.any(String),
      step: {
        loop: { stepsPerRun: 6, recordBytes: positive, foldMicros: positive },
        contexts: [1, 4, 16, 64, 256].map((kilobytes) => ({
          contextBytes: kilobytes * 1024,
          recordBytes: positive,
          foldMicros: positive,
        })),
      },
    })
  })

  test('has a help', async () => {
    const { code, stdout } = await run('main.ts', '--help')
    expect(code).toBe(0)
    for (const option of ['--quick', '--only', '--json', '--write'])
      expect(stdout).toContain(option)
  })

  test.each([
    [['--only', 'nothing'], "'--only <names>' argument 'nothing' is invalid"],
    [['--seconds', '-1'], '-1 is not a positive number'],
    [['--concurrency', '1,x'], 'x is not a positive number'],
    [['--slow'], "unknown option '--slow'"],
    [['loop'], 'too many arguments'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await run('main.ts', ...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })
})

describe('npm run bench:peers', () => {
  test('has a help', async () => {
    const { code, stdout } = await run('side-by-side/main.ts', '--help')
    expect(code).toBe(0)
    expect(stdout).toContain('--peers')
  })

  test.each([
    [['--peers', 'restate,nobody'], 'nobody is none of'],
    [['--concurrency', '1.5'], '1.5 is not a whole number'],
    [['--seconds', '0'], '0 is not a positive number'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await run('side-by-side/main.ts', ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })

  test('a run that did not finish, a fault and a point that is missing are told', () => {
    const figures = { runsPerSecond: 9, p50Ms: 1, p99Ms: 2, runs: 9, finished: 9 }
    const row = { ...figures, peer: 'mastra', version: '1.0.0', syncedPerStep: false }
    const ours = { ...figures, shape: 'inline' as const, durability: 'process' as const }
    const options = { peers: ['mastra' as const], concurrency: [1, 64], seconds: 1 }
    const rest = { json: false, write: false }
    const rows = [{ ...row, concurrency: 1, finished: 8 }]
    const rounds = [
      [{ ...ours, concurrency: 1 }],
      [{ ...ours, concurrency: 64, fault: 'no run finished for 120 s' }],
    ]
    expect(faultsOf({ ...options, ...rest }, rounds, rows)).toEqual([
      'ashlar inline process c=64: no run finished for 120 s',
      'mastra c=1: 8 of 9 runs finished',
      'mastra c=64: not measured',
    ])
  })
})

test('bench/README.md has the sections that `--write` fills', () => {
  const text = readFileSync(script('README.md'), 'utf8')
  for (const name of ['results', 'peers']) {
    expect(text).toContain(`<!-- ${name}:begin -->`)
    expect(text).toContain(`<!-- ${name}:end -->`)
  }
})
