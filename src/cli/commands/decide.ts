import type { Command } from 'commander'
import type { Address } from '../../contracts/address.ts'
import { formatAddress, parseAddress } from '../../contracts/address.ts'
import type { DecisionOutcome, Provenance } from '../../contracts/decision.ts'
import type { SpawnEffect } from '../../contracts/effect.ts'
import type { JournalRecord } from '../../contracts/record.ts'
import { loadDecision } from '../one-decision.ts'
import { historyOf } from '../history.ts'
import type { Output } from '../output.ts'
import { createOutput, NotFoundError } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { parseAssignments } from '../settings.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command, whole } from './shared-options.ts'

interface DecideOptions extends SharedOptions {
  module: string
  step?: number
  set: string[]
  decider: string[]
}

/** A decision that an agent asked for, and what came of it, if anything has. */
interface AskedFor {
  readonly step: number
  readonly spawn: SpawnEffect
  readonly answer: string
}

/** `ashlar decide <agent>`: asks a decider about a stored state; the agent does not hear of it. */
export function decideCommand(): Command {
  return command('decide', 'ask a decision again about a stored state, without running the agent')
    .argument('<agent>', 'address, `machine/id`')
    .requiredOption('--module <path>', 'module whose service has the decision')
    .option('--step <number>', 'transition that asked; default: the last that did', whole('--step'))
    .option('--set <name=value>', 'option for the module; may be repeated', collect, [])
    .option('--decider <name>', 'ask only this one; may be repeated', collect, [])
    .action(decide)
}

async function decide(agent: string, options: DecideOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = parseAddress(agent)
  await withCell(options, output, async (runtime) => {
    const asked = await find(runtime, address, options.step)
    const { target = asked.spawn.src, input, offered = [] } = asked.spawn
    const choice = { options: parseAssignments(options.set), deciders: options.decider }
    const one = await loadDecision(options.module, target, choice)
    const outcome = await one.ask(input, offered, address)
    print(address, target, asked, outcome, output)
  })
}

/** @throws NotFoundError */
async function find(
  runtime: Runtime,
  address: Address,
  step: number | undefined,
): Promise<AskedFor> {
  const records = await historyOf(runtime.client, address)
  const name = formatAddress(address)
  const asked = records.flatMap(({ step: at, outbox }) =>
    outbox.flatMap((effect) =>
      effect.kind === 'spawn' && effect.child === 'decision' ? [{ step: at, spawn: effect }] : [],
    ),
  )
  const found = step === undefined ? asked.at(-1) : asked.find((one) => one.step === step)
  if (found) return { ...found, answer: answerTo(found.spawn, records) }
  const steps = asked.map((one) => one.step).join(', ') || 'none'
  throw new NotFoundError(`${name} asked for no decision there; transitions that did: ${steps}`)
}

function answerTo({ id, incarnation }: SpawnEffect, records: readonly JournalRecord[]): string {
  for (const { event } of records) {
    if (event.kind !== 'done' && event.kind !== 'error') continue
    if (event.childId !== id || event.incarnation !== incarnation) continue
    if (event.kind === 'error') return event.error.message
    return `${JSON.stringify(event.output)}${event.provenance ? by(event.provenance) : ''}`
  }
  return 'nothing yet'
}

function by({ decider, model, confidence, latencyMs }: Provenance): string {
  const named = model === undefined ? decider : `${decider} (${model})`
  const sure = confidence === undefined ? '' : `, ${confidence.toFixed(2)} sure`
  return `, by ${named}${sure}, in ${latencyMs.toFixed(0)} ms`
}

function print(
  address: Address,
  decision: string,
  { step, spawn, answer }: AskedFor,
  outcome: DecisionOutcome,
  output: Output,
): void {
  const agent = formatAddress(address)
  output.line(`${agent} asked for ${decision} at transition ${step}`)
  output.line(`offered: ${(spawn.offered ?? []).join(', ')}`)
  output.line(`then:    ${answer}`)
  const now =
    outcome.kind === 'decided'
      ? `${JSON.stringify(outcome.option)}${by(outcome.provenance)}`
      : `abstained: ${outcome.reasons.join('; ')}`
  output.line(`now:     ${now}`)
  output.result({ agent, decision, step, offered: spawn.offered ?? [], before: answer, outcome })
}
