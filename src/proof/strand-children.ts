import type { AnyStateNode } from 'xstate'
import type { Source } from '../actors/source.ts'
import type { StoredChild, StoredState } from '../contracts/state.ts'
import type { InstanceProblem } from './instance-problem.ts'
import type { ChartView } from './strand-chart.ts'
import { takenBy } from './strand-chart.ts'
import { pathOf } from './strand-configuration.ts'
import type { Ways } from './strand-ways.ts'
import { openOptions, pendingChildren } from './strand-ways.ts'

/** A stored instance beside a chart whose states it has. */
export interface Placed {
  readonly chart: ChartView
  readonly stored: StoredState
  readonly active: readonly AnyStateNode[]
  readonly ways: Ways
}

/** What becomes of the children that an instance waits for, and of those that it never started. */
export function childProblems(placed: Placed): InstanceProblem[] {
  const pending = pendingChildren(placed.stored)
  return [
    ...pending.flatMap(([id, child]) => pendingProblems(placed, id, child)),
    ...placed.active.flatMap((node) => notStarted(placed, node)),
  ]
}

function pendingProblems(placed: Placed, id: string, child: StoredChild): InstanceProblem[] {
  const { chart, active } = placed
  const node = active.find(({ invoke }) => invoke.some((one) => one.id === id))
  if (!node) return chart.maySpawn(id) ? sourceGone(placed, id, child) : [orphaned(placed, id)]
  const changed = childChanged(placed, node, id, child)
  return [...changed, ...sourceGone(placed, id, child), ...optionProblems(placed, node, id, child)]
}

/** Only an invoke takes the end of a child: registration refuses `on` with the engine's names. */
function orphaned({ chart, active, ways }: Placed, id: string): InstanceProblem {
  const elsewhere = chart.nodes.find(({ invoke }) => invoke.some((one) => one.id === id))
  const where = elsewhere ? `; only ${pathOf(elsewhere)} invokes it now` : ''
  const way =
    ways.outlook === 'moves' ? 'something else can still move it' : 'nothing else moves it'
  return {
    kind: 'child-orphaned',
    strands: ways.outlook === 'stuck',
    path: pathOf(active.at(-1)!),
    about: id,
    message:
      `it waits for the child ${id}, which no active state invokes${where}: its result is lost, ` +
      `its failure fails the agent, and ${way}; keep an invoke with the id ${id} in this state`,
  }
}

function childChanged(
  { chart }: Placed,
  node: AnyStateNode,
  id: string,
  child: StoredChild,
): InstanceProblem[] {
  const src = node.invoke.find((one) => one.id === id)!.src as string
  const source = chart.definition.sources.get(src)
  if (!source) return []
  const before = `${child.child} ${child.target ?? child.address?.type ?? child.src}`
  const now = `${source.kind} ${nameOf(source, src)}`
  if (before === now) return []
  return [
    {
      kind: 'child-changed',
      strands: false,
      path: pathOf(node),
      about: id,
      message:
        `the child ${id} was started as ${before} and is ${now} here: its onDone and onError will ` +
        'see what the old one ends with; ' +
        'let them take both, or give the new invoke an id and a state of its own',
    },
  ]
}

function nameOf(source: Source, src: string): string {
  if (source.kind === 'agent') return source.machine.id
  return source.kind === 'promise' ? src : source.contract.name
}

/** A promise runs in the host of its agent, which looks it up by its name. */
function sourceGone({ chart, active }: Placed, id: string, child: StoredChild): InstanceProblem[] {
  if (child.child !== 'promise') return []
  if (chart.definition.sources.get(child.src)?.kind === 'promise') return []
  const isTaken = takenBy(active, `xstate.error.actor.${id}`).length > 0
  return [
    {
      kind: 'source-gone',
      strands: !isTaken,
      path: pathOf(active.at(-1)!),
      about: id,
      message:
        `the child ${id} runs the promise source ${child.src}, which the machine has no more: it ends ` +
        `with an error, ${isTaken ? 'which onError takes' : 'which nobody takes, so the agent fails'}; ` +
        `keep ${child.src} in setup({ actors })`,
    },
  ]
}

function optionProblems(
  placed: Placed,
  node: AnyStateNode,
  id: string,
  child: StoredChild,
): InstanceProblem[] {
  if (child.child !== 'decision') return []
  const { chart, active, ways } = placed
  const lost = openOptions(chart, child).filter((type) => takenBy(active, type).length === 0)
  return lost.map((type) => ({
    kind: 'option-untaken',
    strands: false,
    path: pathOf(node),
    about: type,
    message:
      `the decision ${id} was offered ${type}, which no active state takes: chosen, it leads nowhere` +
      `${ways.outlookOf(node) === 'moves' ? '' : ' and the agent stays for ever'}; keep ${type} in ` +
      `\`on\` of ${pathOf(node)}`,
  }))
}

/** Entry is not run again, so what a state invokes now was not started for those who are in it. */
function notStarted({ chart, stored, ways }: Placed, node: AnyStateNode): InstanceProblem[] {
  return node.invoke
    .filter(({ id }) => !Object.hasOwn(stored.children, id) && !chart.mayStop(id))
    .map(({ id }) => ({
      kind: 'invoke-not-started',
      strands: ways.outlookOf(node) === 'stuck',
      path: pathOf(node),
      about: id,
      message:
        `${pathOf(node)} invokes ${id}, which was never started for those who are in it already, and ` +
        `${ways.consequence(node)}; invoke it in a new state that the old one leads to`,
    }))
}
