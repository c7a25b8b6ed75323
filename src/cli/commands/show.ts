import type { Command } from 'commander'
import { viewOf } from '../../actors/view.ts'
import { isKept } from '../../actors/failure.ts'
import { isServedBy, listHosts } from '../../actors/registry.ts'
import type { Address } from '../../contracts/address.ts'
import { formatAddress, parseAddress } from '../../contracts/address.ts'
import { describeEvent } from '../../contracts/event.ts'
import type { JournalRecord } from '../../contracts/record.ts'
import { describeError } from '../../contracts/location.ts'
import { describeValue } from '../../contracts/state.ts'
import { historyOf } from '../history.ts'
import type { Output } from '../output.ts'
import { createOutput } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface ShowOptions extends SharedOptions {
  context?: boolean
}

/** `ashlar show <agent>`: the state of an agent and every transition that led to it. */
export function showCommand(): Command {
  return command('show', 'show the state of an agent and the transitions that led to it')
    .argument('<agent>', 'address, `machine/id`')
    .option('--context', 'print the context as well')
    .action(show)
}

async function show(agent: string, options: ShowOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = parseAddress(agent)
  await withCell(options, output, (runtime) => print(runtime, address, options, output))
}

async function print(
  runtime: Runtime,
  address: Address,
  options: ShowOptions,
  output: Output,
): Promise<void> {
  const records = await historyOf(runtime.client, address)
  const last = records.at(-1)!
  const name = formatAddress(address)
  const view = viewOf(last)
  const { machine } = last.state
  output.line(`${name}  ${view.status}  ${describeValue(view.value)}`)
  output.line(
    `machine ${machine.id}@${machine.version} (${machine.hash}), ${view.step} transition(s)`,
  )
  for (const line of await describeWaits(runtime, last)) output.line(line)
  for (const record of records) output.line(describeRecord(record))
  if (view.error) output.line(`error: ${describeError(view.error)}`)
  if (isKept(last.state)) output.line(`next: correct its code, then ashlar resume ${name}`)
  if (view.output !== undefined) output.line(`output: ${JSON.stringify(view.output)}`)
  if (options.context) output.line(JSON.stringify(view.context, null, 2))
  output.result({
    ...view,
    address: name,
    machine,
    transitions: records.map(({ step, atMs, event, handled, state, outbox }) => {
      const effects = outbox.map((effect) => effect.kind)
      return {
        step,
        atMs,
        event: describeEvent(event),
        handled,
        value: state.snapshot.value,
        effects,
      }
    }),
  })
}

/** What the agent waits for, and what cannot come because nobody serves it. */
async function describeWaits(runtime: Runtime, last: JournalRecord): Promise<string[]> {
  const hosts = await listHosts(runtime.bus.keyValue)
  return Object.entries(last.state.children)
    .filter(([, child]) => !child.settled)
    .map(([id, { child, target }]) => {
      if ((child !== 'tool' && child !== 'decision') || target === undefined) {
        return `waiting for ${id} (${child})`
      }
      const served = isServedBy(hosts, child, target)
      const advice = served ? '' : ': no process serves it; start one with `ashlar run`'
      return `waiting for ${id} (${child} ${target})${advice}`
    })
}

function describeRecord(record: JournalRecord): string {
  const { step, atMs, event, handled, state, outbox } = record
  const time = new Date(atMs).toISOString().slice(11, 23)
  const effects = outbox.map((effect) =>
    'id' in effect ? `${effect.kind} ${effect.id}` : effect.kind,
  )
  const note = handled ? '' : ' (not handled)'
  const asks = effects.length > 0 ? `  [${effects.join(', ')}]` : ''
  const where = describeValue(state.snapshot.value)
  return `${String(step).padStart(5)}  ${time}  ${describeEvent(event)} -> ${where}${note}${asks}`
}
