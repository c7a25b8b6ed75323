import { RegistrationError } from '../actors/checks.ts'
import type { AgentDefinition } from '../actors/definition.ts'
import { silentLogger } from '../actors/logger.ts'
import { createLocalBroker } from '../bus/local-broker.ts'
import { systemClock } from '../contracts/clock.ts'
import { systemIds } from '../contracts/ids.ts'
import { systemRandom } from '../contracts/random.ts'
import { loadService } from './load-service.ts'

/** The agents of a module's service, or the rules that a machine of it breaks. */
export type LoadedAgents = { agents: readonly AgentDefinition[] } | { broken: RegistrationError }

/** Sets a module's service up on a store of this process and takes its agents. @throws InputError */
export async function loadAgents(
  module: string,
  options: Readonly<Record<string, string>>,
): Promise<LoadedAgents> {
  const [clock, random, ids] = [systemClock(), systemRandom(), systemIds()]
  const { keyValue } = createLocalBroker({ clock }).connect('check')
  try {
    const service = await loadService(module)
    const env = { options, log: silentLogger, keyValue, clock, random, ids }
    const { agents = [] } = await service.setup(env)
    return { agents }
  } catch (thrown) {
    if (thrown instanceof RegistrationError) return { broken: thrown }
    throw thrown
  }
}
