import { execFile } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'
import { resolveBrokerBinary } from '../../src/bus/broker-binary.ts'

const run = promisify(execFile)

/** What the figures were measured on. */
export interface Machine {
  cores: number
  cpu: string
  memoryBytes: number
  kernel: string
  node: string
  natsServer: string
  measuredAt: string
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus()
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  const binary = await resolveBrokerBinary({ env: process.env, report })
  const { stdout } = await run(binary, ['--version'])
  return {
    cores: processors.length,
    cpu: processors[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: `${type()} ${release().replace(/-.*$/, '')}`,
    node: process.versions.node,
    natsServer: /v(\d\S*)/.exec(stdout)?.[1] ?? stdout.trim(),
    measuredAt: new Date().toISOString(),
  }
}

/** The commit that is checked out, with `+` when files differ from it; `unknown` outside of git. */
export async function gitRevision(): Promise<string> {
  const cwd = new URL('../..', import.meta.url)
  try {
    const head = await run('git', ['rev-parse', 'HEAD'], { cwd })
    const changes = await run('git', ['status', '--porcelain', '--', 'src'], { cwd })
    return head.stdout.trim() + (changes.stdout.trim() === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}
