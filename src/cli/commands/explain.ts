import type { Command } from 'commander'
import { parseAddress } from '../../contracts/address.ts'
import { explain } from '../../inspect/explain.ts'
import type { Explanation } from '../../inspect/explain.ts'
import type { Finding } from '../../inspect/findings.ts'
import type { Scene } from '../../inspect/story.ts'
import { historyOf } from '../history.ts'
import type { Output } from '../output.ts'
import { createOutput } from '../output.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface ExplainOptions extends SharedOptions {
  brief?: boolean
}

/** `ashlar explain <run>`: what happened in a run, what broke first, and whose layer it was. */
export function explainCommand(): Command {
  return command('explain', 'tell the story of a run, and which component broke first')
    .argument('<run>', 'address of the agent, `machine/id`')
    .option('--brief', 'leave the story out')
    .action(run)
}

async function run(agent: string, options: ExplainOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = parseAddress(agent)
  await withCell(options, output, async ({ client, verdicts }) => {
    const records = await historyOf(client, address)
    const explanation = explain(address, records, await verdicts.of(address))
    print(explanation, options.brief === true, output)
    output.result(explanation)
  })
}

function print(explanation: Explanation, isBrief: boolean, output: Output): void {
  const { agent, machine, status, story, met, findings, first, again } = explanation
  const [begin, end] = [story[0]!.atMs, story.at(-1)!.atMs]
  const seconds = ((end - begin) / 1000).toFixed(1)
  output.line(`${agent}  ${status}  ${story.length} transition(s) in ${seconds} s`)
  output.line(`machine ${machine.id}@${machine.version} (${machine.hash})`)
  if (!isBrief) {
    output.line('')
    output.line('What happened')
    const broken = new Set(findings.map(({ step }) => step))
    for (const scene of story) output.line(describeScene(scene, broken.has(scene.step)))
  }
  output.line('')
  output.line('What broke first')
  for (const line of first ? describeFinding(first) : ['  nothing that is known of']) {
    output.line(line)
  }
  const others = findings.slice(1)
  if (others.length > 0) output.line(`What broke later (${others.length})`)
  for (const { layer, component, expectation, reason, step } of others) {
    output.line(`  ${at(step)}${layer}, ${component}: ${expectation}: ${reason}`)
  }
  if (met.length > 0) output.line('What was as expected')
  for (const { expectation, reason } of met) output.line(`  ${expectation}: ${reason}`)
  output.line('How to see it again')
  for (const line of again) output.line(`  ${line}`)
}

function describeScene({ step, event, state, asks, notes }: Scene, isBroken: boolean): string {
  const mark = isBroken ? '!' : ' '
  const after = asks.length > 0 ? `  [${asks.join(', ')}]` : ''
  const note = notes.length > 0 ? ` (${notes.join(', ')})` : ''
  return `${mark}${String(step).padStart(4)}  ${event}${note} -> ${state}${after}`
}

function describeFinding({
  layer,
  component,
  expectation,
  reason,
  step,
  noticedBy,
}: Finding): string[] {
  return [
    `  layer        ${layer}`,
    `  component    ${component}`,
    `  expectation  ${expectation}`,
    `  evidence     ${at(step)}${reason}`,
    ...(noticedBy === undefined ? [] : [`  noticed by   ${noticedBy}`]),
  ]
}

function at(step: number | undefined): string {
  return step === undefined ? '' : `transition ${step}: `
}
