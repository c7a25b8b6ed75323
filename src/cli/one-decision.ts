import { silentLogger } from '../actors/logger.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Address } from '../contracts/address.ts'
import { systemClock } from '../contracts/clock.ts'
import type { AnyDecision, Decided, DecisionOutcome } from '../contracts/decision.ts'
import { InputError } from '../contracts/error.ts'
import { systemIds } from '../contracts/ids.ts'
import { systemRandom } from '../contracts/random.ts'
import { createLocalBroker } from '../bus/local-broker.ts'
import { loadService } from './load-service.ts'
import { NotFoundError } from './output.ts'
import { createPerformers } from './performers.ts'

/** Asks one decision of a module, without agents and without a broker. */
export interface OneDecision {
  readonly decision: AnyDecision
  ask(input: unknown, offered: readonly string[], agent?: Address): Promise<DecisionOutcome>
}

/**
 * Loads a decision of a module. What the module keeps in the key-value store is empty here.
 * @throws InputError, NotFoundError naming what there is
 */
export async function loadDecision(
  module: string,
  name: string,
  choice: { options: Readonly<Record<string, string>>; deciders: readonly string[] },
): Promise<OneDecision> {
  const [clock, random, ids] = [systemClock(), systemRandom(), systemIds()]
  const { keyValue } = createLocalBroker({ clock }).connect('one-decision')
  const ports = { keyValue, clock, random, ids }
  const service = await loadService(module)
  const parts = await service.setup({ options: choice.options, log: silentLogger, ...ports })
  const all = [...(parts.decisions ?? []), ...(parts.inline?.decisions ?? [])]
  const found = all.find((decision) => decision.name === name)
  if (!found) {
    const names = all.map((decision) => decision.name).join(', ') || 'none'
    throw new NotFoundError(`${module} has no decision ${name}; it has ${names}`)
  }
  const decision = { ...found, deciders: chosenOf(found, choice.deciders) }
  let asked = 0
  return {
    decision,
    async ask(input, offered, agent = { type: 'nobody', id: 'asks' }) {
      let outcome: DecisionOutcome | undefined
      const onDecided = (decided: Decided): void => void (outcome = decided.outcome)
      const [performer] = createPerformers(
        { decisions: [decision] },
        { ...ports, onDecided },
      ).serves
      const id = `${formatAddress(agent)}:0:${++asked}`
      const call = { id, agent, input, offered, budgets: [] }
      const completion = await performer!.perform(call, new AbortController().signal)
      if (outcome) return outcome
      const reason = 'error' in completion ? completion.error.message : 'nobody answered'
      return { kind: 'abstained', reasons: [reason] }
    },
  }
}

function chosenOf(
  { name, deciders }: AnyDecision,
  names: readonly string[],
): AnyDecision['deciders'] {
  if (names.length === 0) return deciders
  const present = deciders.map((decider) => decider.name)
  const missing = names.find((one) => !present.includes(one))
  if (missing !== undefined) {
    throw new InputError({
      field: '--decider',
      expected: `one of those of ${name}: ${present.join(', ')}`,
      got: missing,
      todo: 'name one of them, or leave the option out to ask all in their order',
    })
  }
  return deciders.filter((decider) => names.includes(decider.name))
}
