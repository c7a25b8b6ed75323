/**
 * `npm run bench:peers`: the agent loop on Ashlar and on other durable runtimes, in turns on this
 * machine, with our ratio against each. `--help` lists what can be chosen. Exits with 1 when a run
 * did not finish as expected.
 */
import { describeMachine, gitRevision } from '../measure/machine.ts'
import { machineLines, toMarkdown } from '../report/markdown.ts'
import { toTerminal } from '../report/terminal.ts'
import { writeSection } from '../report/write-readme.ts'
import { runToEnd } from '../run-to-end.ts'
import { blocksOf, compare, faultsOf, figuresOf } from './compare.ts'
import { readOptions } from './options.ts'
import { measureOurs } from './ours.ts'
import { installPeers, measurePeers } from './theirs.ts'

const options = readOptions(process.argv)

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

await runToEnd('bench:peers', async () => {
  await installPeers(progress)
  const [machine, revision] = await Promise.all([describeMachine(), gitRevision()])
  // The machine drifts, so ours stands before theirs and after it.
  progress('— ours, before')
  const before = await measureOurs(options, progress)
  progress('— theirs')
  const rows = await measurePeers(options)
  progress('— ours, after')
  const rounds = [before, await measureOurs(options, progress)]

  const ours = figuresOf(rounds)
  const peers = compare(rows, ours)
  const faults = faultsOf(options, rounds, rows)
  if (options.json) {
    const { seconds } = options
    const document = { machine, revision, seconds, ours, peers, faults }
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
  } else {
    for (const block of blocksOf(ours, peers)) process.stdout.write(`\n${toTerminal(block)}`)
  }
  for (const fault of faults) progress(`FAILED ${fault}`)
  if (options.write && faults.length === 0) {
    const tables = blocksOf(ours, peers).map(toMarkdown)
    await writeSection('peers', [machineLines(machine, revision), ...tables].join('\n'))
  } else if (options.write) {
    progress('nothing is written: not every run finished')
  }
  return faults.length === 0
})
