import { silentLogger } from '../actors/logger.ts'
import { createLocalBroker } from '../bus/local-broker.ts'
import { systemClock } from '../contracts/clock.ts'
import { InputError } from '../contracts/error.ts'
import { systemIds } from '../contracts/ids.ts'
import { systemRandom } from '../contracts/random.ts'
import type { Clause, ClauseOutcome } from '../proof/clause.ts'
import type { DecisionTestOptions } from '../proof/decision-under-test.ts'
import { decisionContract, toolContract } from './contract-tests.ts'
import { loadService } from './load-service.ts'
import { NotFoundError } from './output.ts'

/** Something of a module that has a contract. Machines will be another kind. */
export interface ContractPart {
  readonly kind: 'tool' | 'decision'
  readonly name: string
  readonly clauses: readonly Clause[]
}

/** What came of a clause, as `--json` prints it. */
export type ClauseReport = { id: string; says: string } & ClauseOutcome

export interface ModuleTestOptions {
  /** Options for the module. */
  options: Readonly<Record<string, string>>
  /** Names of the tools and decisions to test; none: all. */
  only: readonly string[]
  /** Whether tools are executed, and deciders asked that may cost something. */
  execute: boolean
  /** Inputs of tools, and `{ input, offered? }` of decisions, by name. */
  examples: Readonly<Record<string, readonly unknown[]>>
}

/**
 * The contracts of all tools and decisions of a module's service, set up on a store of this process.
 * @throws InputError when an example fits nothing; NotFoundError when `only` names nothing
 */
export async function loadContracts(
  module: string,
  { options, only, execute, examples }: ModuleTestOptions,
): Promise<ContractPart[]> {
  const [clock, random, ids] = [systemClock(), systemRandom(), systemIds()]
  const { keyValue } = createLocalBroker({ clock }).connect('contract-test')
  const service = await loadService(module)
  const parts = await service.setup({ options, log: silentLogger, keyValue, clock, random, ids })
  const { inline = {} } = parts
  const given = (name: string): { examples?: readonly never[] } =>
    examples[name] ? { examples: examples[name] as never[] } : {}
  const all: ContractPart[] = [
    ...[...(parts.tools ?? []), ...(inline.tools ?? [])].map((tool) => ({
      kind: 'tool' as const,
      name: tool.name,
      clauses: toolContract(tool, { execute, ...given(tool.name) }),
    })),
    ...[...(parts.decisions ?? []), ...(inline.decisions ?? [])].map((decision) => ({
      kind: 'decision' as const,
      name: decision.name,
      clauses: decisionContract(decision, {
        ask: execute ? 'all' : 'free',
        ...(given(decision.name) as Pick<DecisionTestOptions, 'examples'>),
      }),
    })),
  ]
  const names = all.map(({ name }) => name)
  const unknown = Object.keys(examples).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const expected = `names of what ${module} has: ${names.join(', ') || 'none'}`
    throw new InputError({ field: '--examples', expected, got: unknown, todo: 'correct the name' })
  }
  const missing = only.find((name) => !names.includes(name))
  if (missing !== undefined) {
    const has = names.join(', ') || 'none'
    throw new NotFoundError(`${module} has no tool or decision ${missing}; it has ${has}`)
  }
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}
