import type { AgentDefinition } from '../actors/definition.ts'
import { silentLogger } from '../actors/logger.ts'
import { createLocalBroker } from '../bus/local-broker.ts'
import { systemClock } from '../contracts/clock.ts'
import { InputError, toErrorValue } from '../contracts/error.ts'
import { isObject } from '../contracts/json.ts'
import { systemIds } from '../contracts/ids.ts'
import { systemRandom } from '../contracts/random.ts'
import type { Clause, ClauseOutcome } from '../proof/clause.ts'
import type { DecisionTestOptions } from '../proof/decision-under-test.ts'
import type { MachinePaths } from '../proof/paths.ts'
import { decisionContract, toolContract } from './contract-tests.ts'
import { loadService } from './load-service.ts'
import { machineContract } from './machine-tests.ts'
import { NotFoundError } from './output.ts'

/** Something of a module that can be tested from what it declares. */
export interface ContractPart {
  readonly kind: 'tool' | 'decision' | 'machine'
  readonly name: string
  readonly clauses: readonly Clause[]
  /** Of a machine whose paths could be found. */
  readonly found?: MachinePaths
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
  /** Inputs of tools, and `{ input, offered? }` of decisions, by name; of machines by their ids. */
  examples: Readonly<Record<string, readonly unknown[] | MachineExamples>>
  /** Percent of its transitions that the paths of a machine must go through. */
  cover: number | undefined
}

/**
 * The contracts of all tools and decisions of a module's service, set up on a store of this process,
 * and the paths of its machines.
 * @throws InputError when an example fits nothing; NotFoundError when `only` names nothing
 */
export async function loadContracts(
  module: string,
  { options, only, execute, examples, cover }: ModuleTestOptions,
): Promise<ContractPart[]> {
  const [clock, random, ids] = [systemClock(), systemRandom(), systemIds()]
  const { keyValue } = createLocalBroker({ clock }).connect('contract-test')
  const service = await loadService(module)
  const parts = await service.setup({ options, log: silentLogger, keyValue, clock, random, ids })
  const { inline = {} } = parts
  const given = (name: string): { examples?: readonly never[] } => {
    const values = examples[name]
    if (values === undefined) return {}
    if (Array.isArray(values)) return { examples: values as never[] }
    throw wrongForm(name, 'a list')
  }
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
    ...(parts.agents ?? []).map((agent) => machinePart(agent, examples[agent.id], cover)),
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
    throw new NotFoundError(`${module} has no tool, decision or machine ${missing}; it has ${has}`)
  }
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

/** What `--examples` may hold of a machine. `{ "$error": {…} }` is an error of a source. */
export interface MachineExamples {
  readonly events?: Readonly<Record<string, readonly unknown[]>> | undefined
  readonly outputs?: Readonly<Record<string, readonly unknown[]>> | undefined
  readonly inputs?: readonly unknown[] | undefined
}

/** Nothing outside is executed for it. Where nobody knows how it begins, its paths are not run. */
function machinePart(
  agent: AgentDefinition,
  given: readonly unknown[] | MachineExamples | undefined,
  cover: number | undefined,
): ContractPart {
  const part = { kind: 'machine' as const, name: agent.id }
  if (Array.isArray(given)) throw wrongForm(agent.id, 'an object { events, outputs, inputs }')
  const { events = {}, outputs = {}, inputs } = (given ?? {}) as MachineExamples
  const examples = Object.fromEntries(
    Object.entries({ ...events, ...outputs }).map(([name, values]) => [name, values.map(revived)]),
  )
  const options = {
    examples,
    ...(inputs ? { inputs } : {}),
    ...(cover === undefined ? {} : { coverage: { transitions: cover } }),
  }
  try {
    return { ...part, ...machineContract(agent, options, () => undefined) }
  } catch (thrown) {
    if (!(thrown instanceof InputError) || given !== undefined) throw thrown
    // Asked for coverage, nothing is not enough.
    const kind = cover === undefined ? 'notRun' : 'failed'
    const reason = `${thrown.message} with --examples`
    const says = 'paths from its start'
    return { ...part, clauses: [{ id: 'paths', says, run: async () => ({ kind, reason }) }] }
  }
}

function revived(value: unknown): unknown {
  if (!isObject(value) || !isObject(value['$error'])) return value
  const { message, ...members } = toErrorValue({ message: 'it did not work', ...value['$error'] })
  return Object.assign(new Error(message), members)
}

function wrongForm(name: string, expected: string): InputError {
  const todo = 'see `ashlar test --help`'
  return new InputError({ field: `--examples: ${name}`, expected, todo })
}
