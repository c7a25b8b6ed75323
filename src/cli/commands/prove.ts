import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { InputError, toErrorValue } from '../../contracts/error.ts'
import { restoreSearch, saveSearch } from '../../proof/checkpoint.ts'
import type { Progress, ProofResult } from '../../proof/prove.ts'
import { prove } from '../../proof/prove.ts'
import type { Search } from '../../proof/search.ts'
import type { Bounds, DefinedWorld } from '../../proof/world.ts'
import { loadWorlds } from '../load-worlds.ts'
import { proveMutants } from '../prove-mutants.ts'
import type { Output } from '../output.ts'
import { createOutput, exitCodes } from '../output.ts'
import { describeProof } from '../proof-text.ts'
import { stopSignal } from '../stop-signals.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface ProveFlags extends SharedOptions, Partial<Record<keyof Bounds, string>> {
  world?: string
  states?: string
  depth?: string
  memory?: string
  seconds?: string
  first?: boolean
  traces?: string
  checkpoint?: string
  mutants?: boolean
  machine?: string
}

/** `ashlar prove <module>`: explores every state of the worlds of a module. */
export function proveCommand(): Command {
  return command('prove', 'check the properties of a composition in every state that it can reach')
    .argument('<module>', 'path of a module that exports worlds (defineWorld)')
    .option('--world <name>', 'only this one of them')
    .option('--crashes <n>', 'processes that may die in a run; default: what the world says')
    .option('--duplicates <n>', 'events and calls that may come twice')
    .option('--delays <n>', 'executions that may take effect after they were given up')
    .option('--attempts <n>', 'attempts of a call')
    .option('--mailbox <n>', 'messages under way between two agents')
    .option('--states <n>', 'stop after so many distinct states')
    .option('--depth <n>', 'stop after so many moves from the start')
    .option('--seconds <n>', 'stop after so long')
    .option('--memory <MB>', 'stop at so much memory; default: 4096')
    .option('--first', 'stop at the first violation')
    .option('--traces <folder>', 'write the trace of every violation there, for `ashlar replay`')
    .option('--checkpoint <file>', 'go on from this file if it is there; write it when cut off')
    .option('--mutants', 'remove every guard in turn, and tell what the properties do not notice')
    .option('--machine <id>', 'with --mutants: only the guards of this machine')
    .action(run)
}

const bounds = ['crashes', 'duplicates', 'delays', 'attempts', 'mailbox'] as const

async function run(module: string, flags: ProveFlags): Promise<void> {
  const output = createOutput(flags.json === true)
  const limits = limitsOf(flags)
  const worlds = await loadWorlds(module, flags.world)
  if (flags.checkpoint !== undefined && worlds.length > 1) {
    const todo = 'choose one with --world'
    throw new InputError({ field: '--checkpoint', expected: 'one world', got: worlds.length, todo })
  }
  const signal = stopSignal(() => process.exit(exitCodes.interrupted))
  const abort = new AbortController()
  void signal.received.then(() => abort.abort())
  const bounded = worlds.map((world) => {
    return { ...world, bounds: { ...world.bounds, ...boundsOf(flags) } }
  })
  const results: ProofResult[] = []
  try {
    if (flags.mutants === true) {
      const { machine } = flags
      const run = { module, worlds: bounded, machine, limits, abort: abort.signal, output }
      process.exitCode = await proveMutants(run)
      return
    }
    for (const world of bounded) {
      if (abort.signal.aborted) break
      results.push(await proveOne(world, { flags, limits, abort: abort.signal, output }))
    }
  } finally {
    signal.dispose()
  }
  output.result(results.length === 1 ? results[0] : { worlds: results })
  process.exitCode = exitCodeFor(results, abort.signal.aborted)
}

interface Run {
  flags: ProveFlags
  limits: ReturnType<typeof limitsOf>
  abort: AbortSignal
  output: Output
}

async function proveOne(
  world: DefinedWorld,
  { flags, limits, abort, output }: Run,
): Promise<ProofResult> {
  const { checkpoint, traces } = flags
  const restored = checkpoint === undefined ? undefined : await readSearch(world, checkpoint)
  if (restored) output.progress(`going on from ${checkpoint}: ${restored.seen.size} states`)
  let cut: Search | undefined
  const result = await prove(world, {
    ...limits,
    stopAtFirst: flags.first === true,
    signal: abort,
    onProgress: (progress) => output.progress(progressText(world.name, progress)),
    ...(restored ? { search: restored } : {}),
    onCutOff: (search) => (cut = search),
  })
  for (const line of describeProof(result)) output.line(line)
  if (traces !== undefined) await writeTraces(result, traces, output)
  if (checkpoint !== undefined && cut) {
    await writeFile(checkpoint, saveSearch(cut))
    output.line(`Go on with the same command: ${checkpoint} holds the search.`)
  }
  return result
}

async function readSearch(world: DefinedWorld, file: string): Promise<Search | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 'ENOENT') return undefined
    const todo = `correct the path: ${toErrorValue(thrown).message}`
    throw new InputError({ field: '--checkpoint', expected: 'a file', got: file, todo })
  }
  return restoreSearch(world, bytes) as Search
}

async function writeTraces(
  { violations, world }: ProofResult,
  folder: string,
  output: Output,
): Promise<void> {
  if (violations.length === 0) return
  await mkdir(folder, { recursive: true })
  for (const { property, trace } of violations) {
    const name = `${world} ${property}`.replaceAll(/[^A-Za-z0-9]+/g, '-')
    const file = join(folder, `${name}.json`)
    await writeFile(file, `${JSON.stringify(trace, undefined, 2)}\n`)
    output.line(`trace: ${file}`)
  }
}

function progressText(world: string, progress: Progress): string {
  const { states, queued, depth, seconds, violations } = progress
  const rate = Math.round(states / Math.max(1, seconds))
  const found = violations > 0 ? `, ${violations} violation(s)` : ''
  return `${world}: ${states} states, ${queued} to look at, depth ${depth}, ${rate}/s${found}`
}

function exitCodeFor(results: readonly ProofResult[], isInterrupted: boolean): number {
  if (results.some(({ violations }) => violations.length > 0)) return exitCodes.failed
  if (isInterrupted) return exitCodes.interrupted
  return results.every(({ complete }) => complete) ? exitCodes.ok : exitCodes.cutOff
}

function boundsOf(flags: ProveFlags): Partial<Bounds> {
  return Object.fromEntries(
    bounds.flatMap((name) => {
      const value = wholeNumber(`--${name}`, flags[name])
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function limitsOf({ states, depth, seconds, memory }: ProveFlags) {
  const limits = {
    maxStates: wholeNumber('--states', states),
    maxDepth: wholeNumber('--depth', depth),
    maxSeconds: wholeNumber('--seconds', seconds),
    maxMemoryMb: wholeNumber('--memory', memory),
  }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Partial<Record<keyof typeof limits, number>>
}

/** @throws InputError */
function wholeNumber(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InputError({ field, expected: 'a whole number from 0', got: text, todo: 'correct it' })
}
