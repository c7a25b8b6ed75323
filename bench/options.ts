import { Command } from 'commander'
import { listOption, positive, usageExit, wholeNumbers } from './arguments.ts'
import type { Durability } from './measure/bench-cell.ts'

export type Shape = 'inline' | 'actors'

/** What to measure, from the command line. */
export interface BenchOptions {
  quick: boolean
  /** Names of scenarios; undefined: the default selection. */
  only?: string[]
  /** Standard output carries one JSON document and nothing else. */
  json: boolean
  /** Length of one measured window, seconds. */
  seconds: number
  /** How often the loop is measured; its figures are medians. */
  rounds: number
  shapes: Shape[]
  durability: Durability[]
  concurrency?: number[]
  /** Writes the results into `bench/README.md`. */
  write: boolean
  /** Length of the memory measurement under load, minutes; 0: none. */
  soakMinutes: number
}

const fullSeconds = 5
const quickSeconds = 1.2

/** Parses the command line; usage errors and `--help` end the process. */
export function readOptions(argv: readonly string[], scenarios: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description('Measures Ashlar on this machine, with the bare broker beside it.')
    .option('--quick', 'under a minute: loop, broker, step and commit, shortened', false)
    .addOption(listOption('--only <names>', 'scenarios', scenarios))
    .option('--json', 'one JSON document on standard output, progress on standard error', false)
    .option('--seconds <n>', 'length of one measured window', positive)
    .option('--rounds <n>', 'repeat the loop and report medians', positive, 1)
    .addOption(listOption('--shapes <names>', 'shapes of the loop', ['inline', 'actors']))
    .addOption(listOption('--durability <names>', 'classes', ['process', 'power']))
    .option('--concurrency <list>', 'runs at once, for example 1,64,256', wholeNumbers)
    .option('--write', 'write the results into bench/README.md', false)
    .option('--soak-minutes <n>', 'memory under load, with --only memory', positive, 0)
    .exitOverride(usageExit)
    .parse([...argv])
  const given = command.opts<Partial<BenchOptions>>()
  return {
    quick: false,
    json: false,
    rounds: 1,
    shapes: ['inline', 'actors'],
    durability: ['process', 'power'],
    write: false,
    soakMinutes: 0,
    ...given,
    seconds: given.seconds ?? (given.quick ? quickSeconds : fullSeconds),
  }
}
