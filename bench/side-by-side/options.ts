import { Command } from 'commander'
import { listOption, positive, usageExit, wholeNumbers } from '../arguments.ts'
import type { PeerName } from '../peers/names.ts'
import { peerNames } from '../peers/names.ts'

/** What to compare, from the command line. */
export interface SideBySideOptions {
  peers: PeerName[]
  /** Runs at once, one point each. */
  concurrency: number[]
  /** Length of one measured window, seconds. */
  seconds: number
  /** Standard output carries one JSON document and nothing else. */
  json: boolean
  /** Writes the table into `bench/README.md`. */
  write: boolean
}

/** Parses the command line; usage errors and `--help` end the process. */
export function readOptions(argv: readonly string[]): SideBySideOptions {
  return new Command('bench:peers')
    .description(
      'The agent loop on Ashlar and on other durable runtimes, in turns on this machine: ours, ' +
        'theirs, ours again.',
    )
    .addOption(listOption('--peers <names>', 'peers', peerNames).default([...peerNames], 'all'))
    .option('--concurrency <list>', 'runs at once', wholeNumbers, [1, 64, 256])
    .option('--seconds <n>', 'length of one measured window, after its warm-up', positive, 5)
    .option('--json', 'one JSON document on standard output, progress on standard error', false)
    .option('--write', 'write the table into bench/README.md', false)
    .exitOverride(usageExit)
    .parse([...argv])
    .opts<SideBySideOptions>()
}
