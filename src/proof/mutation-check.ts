import type { AgentDefinition } from '../actors/definition.ts'
import { InputError, toErrorValue } from '../contracts/error.ts'
import type { Mutant, Mutation } from './mutants.ts'
import { mutantsOf } from './mutants.ts'
import type { PathOptions } from './path-options.ts'
import { runOnStep } from './path-step.ts'
import type { MachinePath } from './paths.ts'
import { pathsOf } from './paths.ts'
import type { ProofResult, ProveOptions } from './prove.ts'
import { prove } from './prove.ts'
import type { World } from './world.ts'

export interface MutationCheckOptions<Outside = unknown> {
  /** The machine whose guards are removed; it is left as it is. */
  readonly definition: AgentDefinition
  /**
   * The world in which a definition is proved, the quickest first: the next one is tried where a
   * mutant survives. Every property must hold there of the definition itself. See {@link worldWith}.
   */
  readonly worlds: readonly ((definition: AgentDefinition) => World<Outside>)[]
  /** For the tests that are derived from the definition. */
  readonly paths?: PathOptions
  /** Why a mutant may survive, by its name: it does nothing else, or nothing that matters. */
  readonly explained?: Readonly<Record<string, string>>
  /** Default: all of {@link mutantsOf}. */
  readonly mutants?: readonly Mutant[]
  /** Of every search. */
  readonly limits?: Pick<ProveOptions, 'maxStates' | 'maxDepth' | 'maxMemoryMb' | 'maxSeconds'>
  /** Ends the check where it is; what was not tried is missing in the result. */
  readonly signal?: AbortSignal
  /** Told of every mutant when it is tried. */
  readonly onProgress?: (progress: { readonly verdict: MutantVerdict; readonly of: number }) => void
}

/** What became of one mutant. */
export interface MutantVerdict {
  readonly name: string
  readonly mutation: Mutation
  /** What broke; undefined when every property holds of the mutant as far as was looked. */
  readonly prover: ProverKill | undefined
  /** Searches that were made, in order. */
  readonly searches: readonly MutantSearch[]
  /** The first derived test that fails. */
  readonly tests: TestKill | undefined
  /** Why it may survive, as the user says. */
  readonly explanation?: string
}

export interface ProverKill {
  readonly property: string
  readonly reason: string
  /** Moves of the trace. */
  readonly moves: number
}

export interface MutantSearch {
  readonly states: number
  readonly seconds: number
  /** False: it was cut off, by a violation or a limit. */
  readonly complete: boolean
}

export interface TestKill {
  /** Name of the path. */
  readonly path: string
  readonly difference: string
}

/** How good the proofs of a machine are. Percents are of all mutants that were tried. */
export interface MutationScore {
  readonly mutants: number
  /** By the prover or a derived test. */
  readonly killed: number
  readonly percent: number
  readonly byProver: number
  readonly proverPercent: number
  /** A test that compares with what the machine did before kills nearly anything. */
  readonly byTests: number
  /** Those of which no property says anything. */
  readonly byTestsAlone: number
  readonly survived: number
  readonly explained: number
}

export interface MutationResult {
  readonly machine: string
  readonly verdicts: readonly MutantVerdict[]
  readonly score: MutationScore
  /** Survivors of prover and tests that nobody has explained. */
  readonly unexplained: readonly string[]
  /** Mutants that are explained and were killed: what is said of them is not so. */
  readonly outdated: readonly string[]
}

/**
 * Removes every guard of a machine in turn, see {@link mutantsOf}, and asks who notices: the
 * properties of a world, and the tests that are derived from the machine itself.
 * @throws InputError when a property does not hold of the machine itself, when no world is given, or
 * naming an explained mutant that is none
 */
export async function checkMutants<Outside>(
  options: MutationCheckOptions<Outside>,
): Promise<MutationResult> {
  const { definition, explained = {}, mutants = mutantsOf(definition), signal } = options
  checkExplained(definition, explained)
  const checker = new MutationChecker(options)
  await checker.checkOriginal(0)
  const verdicts: MutantVerdict[] = []
  for (const mutant of mutants) {
    const verdict = await checker.try(mutant)
    // What was given up in the middle has survived nothing.
    if (signal?.aborted) break
    verdicts.push(verdict)
    options.onProgress?.({ verdict, of: mutants.length })
  }
  const survivors = verdicts.filter((one) => !isKilled(one))
  return {
    machine: definition.id,
    verdicts,
    score: scoreOf(verdicts),
    unexplained: survivors.flatMap(({ name, explanation }) => (explanation ? [] : [name])),
    outdated: verdicts.flatMap((one) => (one.explanation && isKilled(one) ? [one.name] : [])),
  }
}

/** A world with another definition of one of its machines. */
export function worldWith<Outside>(
  world: World<Outside>,
  definition: AgentDefinition,
): World<Outside> {
  const { agents, children } = world
  const replaced = (one: AgentDefinition) => (one.id === definition.id ? definition : one)
  return {
    ...world,
    agents: agents.map((agent) => ({ ...agent, definition: replaced(agent.definition) })),
    ...(children ? { children: children.map(replaced) } : {}),
  }
}

export function isKilled({ prover, tests }: MutantVerdict): boolean {
  return prover !== undefined || tests !== undefined
}

/** Most mutants are killed within a few hundred states. */
const statesAtOnce = 50

class MutationChecker<Outside> {
  private readonly options: MutationCheckOptions<Outside>
  private readonly paths: readonly MachinePath[]
  /** Worlds in which the original was proved. */
  private readonly checked = new Set<number>()

  constructor(options: MutationCheckOptions<Outside>) {
    this.options = options
    const { definition, paths } = options
    this.paths = pathsOf(definition, paths).paths
    for (const path of this.paths) runOnStep(definition, path)
  }

  async try({ name, mutation, definition }: Mutant): Promise<MutantVerdict> {
    const searches: MutantSearch[] = []
    let prover: ProverKill | undefined
    for (const index of this.options.worlds.keys()) {
      const { kill, search } = await this.search(index, definition)
      searches.push(search)
      if (!kill) continue
      await this.checkOriginal(index)
      prover = kill
      break
    }
    const tests = this.failingTest(definition)
    const explanation = this.options.explained?.[name]
    const verdict = { name, mutation, prover, searches, tests }
    return explanation === undefined ? verdict : { ...verdict, explanation }
  }

  /** Else a mutant would seem to be killed by what is wrong anyway. @throws InputError */
  async checkOriginal(index: number): Promise<void> {
    if (this.checked.has(index)) return
    const { definition, worlds } = this.options
    const world = worlds[index]?.(definition)
    if (!world) {
      const todo = 'give the world that proves the machine'
      throw new InputError({ field: 'worlds', expected: 'at least one', got: 'none', todo })
    }
    const { violations } = await this.prove(world)
    const [first] = violations
    if (first) {
      throw new InputError({
        field: `world ${world.name}`,
        expected: `properties that hold of ${definition.id} as it is`,
        got: `${first.property}: ${first.reason}`,
        todo: 'correct the machine, or what is said of it, until it is proved',
      })
    }
    this.checked.add(index)
  }

  private async search(
    index: number,
    definition: AgentDefinition,
  ): Promise<{ kill: ProverKill | undefined; search: MutantSearch }> {
    let result: ProofResult
    try {
      result = await this.prove(this.options.worlds[index]!(definition))
    } catch (thrown) {
      // A property or a model that the mutant's strange states make throw has noticed it as well.
      const reason = toErrorValue(thrown).message
      const kill = { property: 'the search can be made', reason, moves: 0 }
      return { kill, search: { states: 0, seconds: 0, complete: false } }
    }
    const { states, seconds, complete } = result
    const [first] = result.violations
    const kill = first && {
      property: first.property,
      reason: first.reason,
      moves: first.trace.moves.length,
    }
    return { kill, search: { states, seconds, complete: complete && !kill } }
  }

  private prove(world: World<Outside>): Promise<ProofResult> {
    const { limits, signal } = this.options
    const soon = { stopAtFirst: true, statesAtOnce }
    return prove(world, { ...limits, ...soon, ...(signal ? { signal } : {}) })
  }

  private failingTest(definition: AgentDefinition): TestKill | undefined {
    for (const path of this.paths) {
      try {
        runOnStep(definition, path)
      } catch (thrown) {
        return { path: path.name, difference: toErrorValue(thrown).message }
      }
    }
    return undefined
  }
}

function scoreOf(verdicts: readonly MutantVerdict[]): MutationScore {
  const count = (is: (one: MutantVerdict) => boolean): number => verdicts.filter(is).length
  const percentOf = (part: number): number =>
    verdicts.length === 0 ? 100 : Math.round((part / verdicts.length) * 1000) / 10
  const killed = count(isKilled)
  const byProver = count(({ prover }) => prover !== undefined)
  return {
    mutants: verdicts.length,
    killed,
    percent: percentOf(killed),
    byProver,
    proverPercent: percentOf(byProver),
    byTests: count(({ tests }) => tests !== undefined),
    byTestsAlone: killed - byProver,
    survived: verdicts.length - killed,
    explained: count((one) => !isKilled(one) && one.explanation !== undefined),
  }
}

/** @throws InputError */
function checkExplained(
  definition: AgentDefinition,
  explained: Readonly<Record<string, string>>,
): void {
  if (Object.keys(explained).length === 0) return
  const names = new Set(mutantsOf(definition).map(({ name }) => name))
  for (const name of Object.keys(explained)) {
    if (names.has(name)) continue
    const expected = `the name of a mutant of ${definition.id}`
    const todo = 'take the name that `ashlar prove --mutants` prints'
    throw new InputError({ field: 'explained', expected, got: name, todo })
  }
}
