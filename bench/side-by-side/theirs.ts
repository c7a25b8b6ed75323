import type { StdioOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { atEnd } from '../measure/leftovers.ts'
import type { Row } from '../peers/report.ts'
import type { SideBySideOptions } from './options.ts'

const folder = fileURLToPath(new URL('../peers', import.meta.url))
/** npm writes it last, so a folder without it is not a whole installation. */
const installed = `${folder}/node_modules/.package-lock.json`
/** Exit code of the peers' command when a peer failed: what it printed of the others is good. */
const someFailed = 1

/** Installs the peers' package when it is not there yet. @throws Error when npm fails */
export async function installPeers(progress: (line: string) => void): Promise<void> {
  if (existsSync(installed)) return
  progress('bench/peers is not installed; running npm ci --prefix bench/peers')
  const { code } = await run('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'])
  if (code !== 0) throw new Error(`npm ci --prefix bench/peers ended with ${code}`)
}

/** Runs the peers' own command. A peer that failed has no row, or one that tells its fault. */
export async function measurePeers(options: SideBySideOptions): Promise<Row[]> {
  const { peers, concurrency, seconds } = options
  const { code, output } = await run(process.execPath, [
    `${folder}/main.ts`,
    '--json',
    `--peers=${peers.join(',')}`,
    `--concurrency=${concurrency.join(',')}`,
    `--seconds=${seconds}`,
  ])
  if (code !== 0 && code !== someFailed) throw new Error(`bench/peers/main.ts ended with ${code}`)
  return (JSON.parse(output) as { peers: Row[] }).peers
}

/** Runs a command whose words on standard error are ours too. */
async function run(
  command: string,
  args: readonly string[],
): Promise<{ code: number | string; output: string }> {
  const stdio: StdioOptions = ['ignore', 'pipe', 2]
  const child = spawn(command, args, { stdio })
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const forget = atEnd(async () => {
    child.kill('SIGTERM')
    await exited
  })
  try {
    const [[code, signal], output] = await Promise.all([exited, text(child.stdout!)])
    return { code: code ?? signal ?? 'nothing', output }
  } finally {
    forget()
  }
}
