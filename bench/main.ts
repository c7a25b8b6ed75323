/** `npm run bench`: measures the runtime on this machine. `--help` lists what can be chosen. */
import { clearLeftovers } from './measure/leftovers.ts'
import { describeMachine, gitRevision } from './measure/machine.ts'
import type { BenchOptions } from './options.ts'
import { readOptions } from './options.ts'
import { machineLines, toMarkdown } from './report/markdown.ts'
import { toTerminal } from './report/terminal.ts'
import { writeResults } from './report/write-readme.ts'
import type { Baseline, Scenario, ScenarioResult } from './scenario.ts'
import { brokerScenario } from './scenarios/broker.ts'
import { commitScenario } from './scenarios/commit.ts'
import { loopScenario } from './scenarios/loop.ts'
import { memoryScenario } from './scenarios/memory.ts'
import { recoveryScenario } from './scenarios/recovery.ts'
import { scaleScenario } from './scenarios/scale.ts'
import { startScenario } from './scenarios/start.ts'
import { stepScenario } from './scenarios/step.ts'

/** In the order in which they run: `broker` sums up what the others measured of it. */
const scenarios: readonly Scenario[] = [
  loopScenario,
  commitScenario,
  brokerScenario,
  stepScenario,
  scaleScenario,
  recoveryScenario,
  memoryScenario,
  startScenario,
]
const quickNames = ['loop', 'broker', 'step', 'commit']

interface Measured {
  scenario: Scenario
  result: ScenarioResult
}

async function main(): Promise<void> {
  const names = scenarios.map(({ name }) => name)
  const options = readOptions(process.argv, names)
  const progress = (line: string): void => void process.stderr.write(`${line}\n`)
  const [machine, revision] = await Promise.all([describeMachine(), gitRevision()])
  const baselines: Baseline[] = []
  const results: Measured[] = []
  for (const scenario of selected(options)) {
    progress(`— ${scenario.name}: ${scenario.title}`)
    const result = await scenario.run({ options, baselines, progress })
    results.push({ scenario, result })
  }
  if (options.write) await writeResults(markdownOf(results, machineLines(machine, revision)))
  if (options.json) {
    const members = results.map(({ scenario, result }) => [scenario.name, result.json])
    const document = { machine, revision, ...Object.fromEntries(members) }
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
    return
  }
  for (const { scenario, result } of results) {
    process.stdout.write(`\n${scenario.title}\n${'═'.repeat(scenario.title.length)}\n`)
    for (const block of result.blocks) process.stdout.write(`\n${toTerminal(block)}`)
  }
}

function markdownOf(results: readonly Measured[], intro: string): string {
  const sections = results.map(({ scenario, result }) =>
    [`### ${scenario.title}\n`, ...result.blocks.map(toMarkdown)].join('\n'),
  )
  return [intro, ...sections].join('\n')
}

function selected({ only, quick }: BenchOptions): Scenario[] {
  const names = only ?? (quick ? quickNames : scenarios.map(({ name }) => name))
  return scenarios.filter(({ name }) => names.includes(name))
}

let isInterrupted = false
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // It may come twice: from the terminal, and once more from npm.
  process.on(signal, () => {
    isInterrupted = true
    process.exitCode = code
    void clearLeftovers().finally(() => process.exit())
  })
}

try {
  await main()
} catch (thrown) {
  // What was under way when its processes were ended fails too, and is no news.
  if (!isInterrupted) {
    process.stderr.write(`bench: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
    process.exitCode = 1
  }
} finally {
  await clearLeftovers()
}
process.exit()
