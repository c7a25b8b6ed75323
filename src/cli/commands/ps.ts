import type { Command } from 'commander'
import type { AgentView } from '../../actors/view.ts'
import { listHosts } from '../../actors/registry.ts'
import { formatAddress } from '../../contracts/address.ts'
import { describeError } from '../../contracts/location.ts'
import { describeValue } from '../../contracts/state.ts'
import type { Output } from '../output.ts'
import { createOutput } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface PsOptions extends SharedOptions {
  type?: string
  active?: boolean
  hosts?: boolean
}

/** `ashlar ps`: the agents of the cell, or its processes. */
export function psCommand(): Command {
  return command('ps', 'list the agents and what each of them waits for')
    .option('--type <machine>', 'only agents of this machine')
    .option('--active', 'only agents that have not ended')
    .option('--hosts', 'list the processes and what they serve instead')
    .action(ps)
}

async function ps(options: PsOptions): Promise<void> {
  const output = createOutput(options.json === true)
  await withCell(options, output, (runtime) =>
    options.hosts ? printHosts(runtime, output) : listAgents(runtime, options, output),
  )
}

async function listAgents(runtime: Runtime, options: PsOptions, output: Output): Promise<void> {
  const views: AgentView[] = []
  for await (const view of runtime.client.list(options.type)) {
    if (!options.active || view.status === 'active') views.push(view)
  }
  views.sort((a, b) => a.atMs - b.atMs)
  for (const view of views) {
    const waits = view.waitingFor.length > 0 ? ` waiting for ${view.waitingFor.join(', ')}` : ''
    const at = new Date(view.atMs).toISOString()
    const where = describeValue(view.value)
    output.line(`${at}  ${formatAddress(view.address)}  ${view.status}  ${where}${waits}`)
    if (view.error) output.line(`    ${describeError(view.error)}`)
  }
  output.line(`${views.length} agent(s)`)
  output.result({
    agents: views.map(({ address, status, value, step, waitingFor, atMs, error }) => {
      const failure = error ? { error } : {}
      return { address: formatAddress(address), status, value, step, waitingFor, atMs, ...failure }
    }),
  })
}

async function printHosts(runtime: Runtime, output: Output): Promise<void> {
  const hosts = await listHosts(runtime.bus.keyValue)
  for (const { name, pid, agents, tools, decisions } of hosts) {
    output.line(`${name}  pid ${pid}`)
    if (agents.length > 0) {
      output.line(`  agents: ${agents.map(({ id, version }) => `${id}@${version}`).join(', ')}`)
    }
    if (tools.length > 0) output.line(`  tools: ${tools.join(', ')}`)
    if (decisions.length > 0) output.line(`  decisions: ${decisions.join(', ')}`)
  }
  output.line(`${hosts.length} process(es)`)
  output.result({ hosts })
}
