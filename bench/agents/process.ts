/**
 * A service process of a benchmark: `node --conditions=@ashlar/source bench/agents/process.ts
 * <role> <nats url> <cell> [name=value …]`, with options of the service. Under a benchmark it says
 * `ready` over IPC and answers `measure`; by hand, for example with `--cpu-prof`, it runs until
 * SIGTERM or Ctrl-C.
 */
import type { Host, Service } from 'ashlar'
import { connect } from 'ashlar'
import { counterService } from './counter.ts'
import { familyService } from './family.ts'
import { kindsService, kindsToolService } from './kinds.ts'
import { agentService, decisionService, inlineService, toolService } from './loop.ts'
import { modelService } from './model-decision.ts'
import { answeringService, silentService } from './waiter.ts'

const services = {
  inline: inlineService,
  agents: agentService,
  tools: toolService,
  decisions: decisionService,
  counters: counterService,
  families: familyService,
  model: modelService,
  kinds: kindsService,
  kindsTools: kindsToolService,
  silent: silentService,
  answering: answeringService,
} as const satisfies Record<string, Service>

export type Role = keyof typeof services

/** What a service process tells about itself, after a collection when it may force one. */
export interface ProcessMeasure {
  heapBytes: number
  rssBytes: number
  residentAgents: number
  ownedSlices: number
}

function measure(host: Host): ProcessMeasure {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    heapBytes: heapUsed,
    rssBytes: rss,
    residentAgents: host.residentAgents(),
    ownedSlices: host.owned().length,
  }
}

async function serve(
  role: Role,
  servers: string,
  cell: string,
  options: Readonly<Record<string, string>>,
): Promise<void> {
  const runtime = await connect({ servers, cell })
  const host = await runtime.serve(services[role], options)
  const end = (): void => {
    void runtime.close().finally(() => process.exit(0))
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  // The benchmark is gone, perhaps by kill -9.
  process.once('disconnect', () => process.exit(0))
  process.on('message', () => process.send?.(measure(host)))
  process.send?.('ready')
}

// Imported for its types only, it does nothing.
if (import.meta.main) {
  const [role, servers, cell = 'main', ...settings] = process.argv.slice(2)
  if (!role || !(role in services) || !servers) {
    process.stderr.write(`usage: process.ts <${Object.keys(services).join('|')}> <url> [cell]\n`)
    process.exit(2)
  }
  const options = settings.map((setting) => setting.split(/=(.*)/s).slice(0, 2))
  await serve(role as Role, servers, cell, Object.fromEntries(options))
}
