/** `npm run bench`: measures the runtime on this machine. `--help` lists what can be chosen. */
import { describeMachine, gitRevision } from './measure/machine.ts'
import type { BenchOptions } from './options.ts'
import { readOptions } from './options.ts'
import { machineLines, toMarkdown } from './report/markdown.ts'
import { toTerminal } from './report/terminal.ts'
import { writeSection } from './report/write-readme.ts'
import { runToEnd } from './run-to-end.ts'
import type { Baseline, Scenario, ScenarioResult } from './scenario.ts'
import { brokerScenario } from './scenarios/broker.ts'
import { commitScenario } from './scenarios/commit.ts'
import { decisionsScenario } from './scenarios/decisions.ts'
import { kindsScenario } from './scenarios/kinds.ts'
import { loopScenario } from './scenarios/loop.ts'
import { memoryScenario } from './scenarios/memory.ts'
import { proofScenario } from './scenarios/proof.ts'
import { recoveryScenario } from './scenarios/recovery.ts'
import { scaleScenario } from './scenarios/scale.ts'
import { startScenario } from './scenarios/start.ts'
import { stepScenario } from './scenarios/step.ts'

/** In the order in which they run: `broker` sums up what the others measured of it. */
const scenarios: readonly Scenario[] = [
  loopScenario,
  commitScenario,
  brokerScenario,
  kindsScenario,
  decisionsScenario,
  stepScenario,
  scaleScenario,
  recoveryScenario,
  memoryScenario,
  startScenario,
  proofScenario,
]
const quickNames = ['loop', 'broker', 'step', 'commit']

interface Measured {
  scenario: Scenario
  result: ScenarioResult
}

async function main(): Promise<boolean> {
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
  if (options.write) {
    await writeSection('results', markdownOf(results, machineLines(machine, revision)))
  }
  if (options.json) {
    const members = results.map(({ scenario, result }) => [scenario.name, result.json])
    const document = { machine, revision, ...Object.fromEntries(members) }
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
    return true
  }
  for (const { scenario, result } of results) {
    process.stdout.write(`\n${scenario.title}\n${'═'.repeat(scenario.title.length)}\n`)
    for (const block of result.blocks) process.stdout.write(`\n${toTerminal(block)}`)
  }
  return true
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

await runToEnd('bench', main)
