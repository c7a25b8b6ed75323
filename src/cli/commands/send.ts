import type { Command } from 'commander'
import { formatAddress, parseAddress } from '../../contracts/address.ts'
import type { AgentEvent } from '../../contracts/event.ts'
import { InputError } from '../../contracts/error.ts'
import { parseJson } from '../json-argument.ts'
import { createOutput, noSuchAgent } from '../output.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface SendOptions extends SharedOptions {
  data?: string
}

/** `ashlar send <agent> <event>`: sends an event to an agent. */
export function sendCommand(): Command {
  return command('send', 'send an event to an agent')
    .argument('<agent>', 'address, `machine/id`')
    .argument('<event>', 'type of the event')
    .option('--data <json>', 'further members of the event, as a JSON object')
    .action(send)
}

async function send(agent: string, type: string, options: SendOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = parseAddress(agent)
  const event: AgentEvent = { ...members(options.data), type }
  await withCell(options, output, async ({ client }) => {
    const ref = client.agent(address)
    const before = await ref.read()
    if (!before) throw noSuchAgent(agent)
    await ref.send(event as never)
    output.line(`${type} is in the mailbox of ${formatAddress(address)}`)
    output.line(`next: ashlar show ${agent}`)
    output.result({ address: agent, event: type, accepted: true })
  })
}

function members(data: string | undefined): Record<string, unknown> {
  if (data === undefined) return {}
  const value = parseJson('--data', data)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  const todo = 'write it as, for example, \'{"text":"hello"}\''
  throw new InputError({ field: '--data', expected: 'a JSON object', got: data, todo })
}
