import type { Command } from 'commander'
import { formatAddress } from '../../contracts/address.ts'
import { describeValue } from '../../contracts/state.ts'
import { parseJson } from '../json-argument.ts'
import { createOutput } from '../output.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface StartOptions extends SharedOptions {
  id?: string
  input?: string
  wait?: boolean
  timeout: string
}

/** `ashlar start <machine>`: starts an agent. */
export function startCommand(): Command {
  return command('start', 'start an agent of a machine that a running process serves')
    .argument('<machine>', 'id of the machine')
    .option('--id <id>', 'id of the agent (default: a fresh one); starting an id again is harmless')
    .option('--input <json>', 'start input')
    .option('--wait', 'wait for the end and print the output')
    .option('--timeout <seconds>', 'longest wait', '60')
    .action(start)
}

async function start(machine: string, options: StartOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const input = options.input === undefined ? undefined : parseJson('--input', options.input)
  await withCell(options, output, async ({ client }) => {
    const ref = await client.start(machine, {
      ...(options.id === undefined ? {} : { id: options.id }),
      ...(input === undefined ? {} : { input: input as never }),
    })
    const address = formatAddress(ref.address)
    if (!options.wait) {
      const view = await ref.waitFor(() => true, { timeoutMs: Number(options.timeout) * 1000 })
      output.line(`${address} started; it is in ${describeValue(view.value)}`)
      output.line(`next: ashlar show ${address}`)
      output.result({ address, status: view.status, value: view.value, step: view.step })
      return
    }
    output.progress(`${address} started; waiting for its end`)
    const result = await ref.output({ timeoutMs: Number(options.timeout) * 1000 })
    output.line(JSON.stringify(result, null, 2))
    output.result({ address, output: result ?? null })
  })
}
