import type { AgentDefinition } from '../actors/definition.ts'
import type {
  MutantVerdict,
  MutationCheckOptions,
  MutationResult,
} from '../proof/mutation-check.ts'
import { checkMutants, isKilled, worldWith } from '../proof/mutation-check.ts'
import type { MachineMutations, MutationPlan } from '../proof/mutation-plan.ts'
import type { DefinedWorld } from '../proof/world.ts'
import { defaultBounds } from '../proof/world.ts'
import { importModule } from './load-module.ts'
import type { Output } from './output.ts'
import { exitCodes, NotFoundError } from './output.ts'

interface MutantsRun {
  readonly module: string
  /** With the bounds that were asked for. */
  readonly worlds: readonly DefinedWorld[]
  /** Only this one of their machines. */
  readonly machine: string | undefined
  readonly limits: NonNullable<MutationCheckOptions['limits']>
  readonly abort: AbortSignal
  readonly output: Output
}

const faultless = { crashes: 0, duplicates: 0, delays: 0 }

/** `ashlar prove --mutants`: removes every guard in turn and asks what notices. Gives the exit code. */
export async function proveMutants(run: MutantsRun): Promise<number> {
  const { worlds, machine, abort, output } = run
  const plans = await loadPlans(run.module)
  const results: (MutationResult & { world: string })[] = []
  for (const world of worlds) {
    for (const definition of definitionsOf(world, machine)) {
      if (abort.aborted) break
      const result = await checkOne(run, world, definition, plans[definition.id] ?? {})
      results.push({ world: world.name, ...result })
      for (const line of describeMutants(result)) output.line(line)
    }
  }
  if (results.length === 0 && !abort.aborted) {
    throw new NotFoundError(`${run.module} has no machine ${machine}`)
  }
  output.result({ mutants: results })
  if (abort.aborted) return exitCodes.interrupted
  const isGood = results.every(
    ({ unexplained, outdated }) => unexplained.length + outdated.length === 0,
  )
  return isGood ? exitCodes.ok : exitCodes.failed
}

async function checkOne(
  { limits, abort, output }: MutantsRun,
  world: DefinedWorld,
  definition: AgentDefinition,
  { explained = {}, paths = {} }: MachineMutations,
): Promise<MutationResult> {
  // Faults multiply the states, and most mutants break without them.
  const quick = { ...world, bounds: { ...world.bounds, ...faultless } }
  const { crashes, duplicates, delays } = { ...defaultBounds, ...world.bounds }
  const worlds = crashes + duplicates + delays === 0 ? [quick] : [quick, world]
  let count = 0
  return checkMutants({
    definition,
    worlds: worlds.map((one) => (mutant) => worldWith(one, mutant)),
    paths,
    explained,
    limits,
    signal: abort,
    onProgress: ({ verdict, of }) => {
      output.progress(`${world.name}: ${++count}/${of} ${describeVerdict(verdict)}`)
    },
  })
}

function definitionsOf(
  { agents, children = [] }: DefinedWorld,
  machine?: string,
): AgentDefinition[] {
  const all = [...agents.map(({ definition }) => definition), ...children]
  return [...new Map(all.map((one) => [one.id, one])).values()].filter(
    ({ id }) => machine === undefined || id === machine,
  )
}

/** What the module says of the mutants of its machines, by machine. */
async function loadPlans(module: string): Promise<MutationPlan['machines']> {
  const { exports } = await importModule(module)
  const plans = Object.values(exports).filter(
    (one): one is MutationPlan => (one as { kind?: unknown } | null)?.kind === 'mutation',
  )
  return Object.assign({}, ...plans.map(({ machines }) => machines)) as MutationPlan['machines']
}

/** What the mutants of a machine came to, for people. */
function describeMutants({
  machine,
  verdicts,
  score,
  unexplained,
  outdated,
}: MutationResult): string[] {
  const { mutants, killed, percent, byProver, proverPercent, byTests, byTestsAlone } = score
  const survivors = verdicts.filter((one) => !isKilled(one))
  const byTestsOnly = verdicts.filter((one) => one.tests && !one.prover)
  return [
    `${machine}: mutation score ${percent} % (${killed} of ${mutants} mutants are noticed)`,
    `  the properties alone: ${proverPercent} % (${byProver})`,
    `  the derived tests alone: ${byTests}; only they: ${byTestsAlone}`,
    ...byTestsOnly.map(({ name, tests }) => `  no property notices: ${name} (${tests!.path})`),
    ...survivors.map(({ name, searches, explanation = 'NOT EXPLAINED' }) => {
      const isAll = searches.at(-1)?.complete === true
      return `  survives${isAll ? '' : ', as far as was looked'}: ${name}: ${explanation}`
    }),
    ...outdated.map((name) => `  is explained, and is noticed all the same: ${name}`),
    ...(unexplained.length === 0 ? [] : [`  ${unexplained.length} survivor(s) not explained`]),
  ]
}

function describeVerdict({ name, prover, tests, searches }: MutantVerdict): string {
  const states = searches.reduce((sum, search) => sum + search.states, 0)
  if (prover) return `${name}: ${prover.property} (${states} states, ${prover.moves} moves)`
  if (tests) return `${name}: only the derived test ${tests.path} (${states} states)`
  return `${name}: SURVIVES (${states} states)`
}
