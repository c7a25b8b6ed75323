import type { Command } from 'commander'
import type { Resumed } from '../../actors/operator.ts'
import { listHosts } from '../../actors/registry.ts'
import type { Address } from '../../contracts/address.ts'
import { formatAddress, parseAddress } from '../../contracts/address.ts'
import { AshlarError } from '../../contracts/error.ts'
import { describeLocation } from '../../contracts/location.ts'
import type { Output } from '../output.ts'
import { createOutput, noSuchAgent } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface ResumeOptions extends SharedOptions {
  timeout: string
}

/** `ashlar resume <agent>`: a failed agent goes on where it was, with the mail kept for it. */
export function resumeCommand(): Command {
  return command('resume', 'let a failed or paused agent go on where it was, with its mail')
    .argument('<agent>', 'address, `machine/id`')
    .option('--timeout <seconds>', 'longest wait for its host', '30')
    .action(resume)
}

async function resume(agent: string, options: ResumeOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = parseAddress(agent)
  await withCell(options, output, async (runtime) => {
    const before = await runtime.client.view(address)
    if (!before) throw noSuchAgent(agent)
    const { error } = before
    if (error) output.line(`it failed: ${error.message}`)
    if (error?.location) output.line(`  ${describeLocation(error.location)}`)
    await checkServed(runtime, address)
    const timeoutMs = Number(options.timeout) * 1_000
    report(output, address, await runtime.operator.resume(address, { timeoutMs }))
  })
}

/** @throws AshlarError when nobody could take the word to resume */
async function checkServed(runtime: Runtime, { type }: Address): Promise<void> {
  const hosts = await listHosts(runtime.bus.keyValue)
  if (hosts.some(({ agents }) => agents.some(({ id }) => id === type))) return
  throw new AshlarError('not-served', `no process serves ${type}; start one with \`ashlar run\``, {
    disposition: 'retryable',
  })
}

function report(output: Output, address: Address, { hadFailed, posted, cut }: Resumed): void {
  const name = formatAddress(address)
  output.line(
    hadFailed
      ? `${name} goes on from its last good state`
      : `${name} had not failed; if its host had paused it, it tries again`,
  )
  output.line(`${posted} message(s) that were kept are in its mailbox again`)
  if (cut.length > 0) {
    output.line(`too large to be kept whole, not sent: ${cut.map((id) => `#${id}`).join(', ')}`)
    output.line('next: ashlar dead show ID, send them again from where they came')
  }
  output.line(`next: ashlar show ${name}`)
  output.result({ address: name, hadFailed, posted, cut })
}
