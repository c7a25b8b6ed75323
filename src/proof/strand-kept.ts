import type { AgentDefinition } from '../actors/definition.ts'
import { step } from '../actors/step.ts'
import { toErrorValue } from '../contracts/error.ts'
import { hashJson } from '../contracts/json.ts'
import type { StoredState } from '../contracts/state.ts'
import { examplesOf, NoExampleError } from './examples.ts'
import type { InstanceProblem } from './instance-problem.ts'
import type { Placed } from './strand-children.ts'
import type { ChartView } from './strand-chart.ts'
import { isAtItsEnd } from './strand-chart.ts'
import { pathOf } from './strand-configuration.ts'

/** What an instance has kept that the chart does not know, or lacks that it counts on. */
export function keptProblems(
  placed: Placed,
  begins: readonly Readonly<Record<string, unknown>>[],
): InstanceProblem[] {
  return [
    ...endProblems(placed),
    ...historyProblems(placed.chart, placed.stored),
    ...budgetProblems(placed.chart.definition, placed.stored),
    ...contextProblems(placed.chart.definition, placed.stored, begins),
  ]
}

/** History that names states of the chart only; the engine takes no other. */
export function knownHistory(chart: ChartView, stored: StoredState): StoredState {
  const { historyValue } = stored.snapshot
  if (!historyValue) return stored
  const known = Object.entries(historyValue).map(([id, nodes]) => [
    id,
    nodes.filter((node) => chart.hasNode(node.id)),
  ])
  const snapshot = { ...stored.snapshot, historyValue: Object.fromEntries(known) as never }
  return { ...stored, snapshot }
}

/** The contexts with which instances begin under a definition, as far as one can tell. */
export function firstContexts(definition: AgentDefinition): Record<string, unknown>[] {
  const address = { type: definition.id, id: 'check' }
  return inputsOf(definition).flatMap((input) => {
    try {
      const event = { kind: 'init' as const, ...(input === undefined ? {} : { input }) }
      const { snapshot } = step(definition, undefined, event, { address, atMs: 0 }).next
      return snapshot.status === 'error' ? [] : [snapshot.context]
    } catch {
      return []
    }
  })
}

const inputsTried = 3

function inputsOf({ input, id }: AgentDefinition): unknown[] {
  if (!input) return [undefined]
  try {
    return examplesOf(input, `the input of ${id}`, { most: inputsTried })
  } catch (thrown) {
    if (thrown instanceof NoExampleError) return []
    throw thrown
  }
}

/** The engine looks for an end when it enters a state, and it will not enter these again. */
function endProblems({ active, ways }: Placed): InstanceProblem[] {
  const ended = active.filter((node) => {
    if (!isAtItsEnd(node, active)) return false
    if (!node.parent) return true
    const onDone = node.transitions.get(`xstate.done.state.${node.id}`) ?? []
    return onDone.some(({ guard, target }) => guard === undefined && target)
  })
  return ended.map((node) => ({
    kind: 'state-ended',
    strands: ways.outlookOf(node) !== 'moves' || !node.parent,
    path: pathOf(node),
    about: '',
    message:
      `${pathOf(node)} is at its end in this chart, which is noticed only when a final state is ` +
      'entered: the instance stays; make the state final under another name, and lead the old one there',
  }))
}

function historyProblems(chart: ChartView, { snapshot }: StoredState): InstanceProblem[] {
  return Object.entries(snapshot.historyValue ?? {}).flatMap(([id, nodes]) => {
    const gone = nodes.filter((node) => !chart.hasNode(node.id)).map((node) => node.id)
    if (gone.length === 0 && chart.hasNode(id)) return []
    const what = gone.length > 0 ? gone.join(', ') : 'a history that is gone'
    return [
      {
        kind: 'history-gone',
        strands: false,
        path: id,
        about: what,
        message:
          `the history ${id} remembers ${what}, which the chart has not: what is remembered is lost, ` +
          'and the default is entered; keep the ids of states that a history may remember',
      },
    ]
  })
}

/** An account is opened with the caps of its day. */
function budgetProblems(definition: AgentDefinition, stored: StoredState): InstanceProblem[] {
  const { id, budget } = definition
  const own = stored.budgets?.findLast(({ name }) => name.startsWith(`${id}/`))
  if (hashJson(own?.caps ?? {}) === hashJson(budget ?? {})) return []
  const now = own ? `it keeps ${JSON.stringify(own.caps)}` : 'it has none'
  return [
    {
      kind: 'budget-kept',
      strands: false,
      path: id,
      about: 'budget',
      message:
        `the budget of ${id} is ${JSON.stringify(budget ?? {})}, and an account is opened at the ` +
        `start: ${now}; nothing to do if that is meant`,
    },
  ]
}

/** Members that every new instance begins with. */
function contextProblems(
  { id }: AgentDefinition,
  { snapshot }: StoredState,
  begins: readonly Readonly<Record<string, unknown>>[],
): InstanceProblem[] {
  const [first, ...others] = begins
  const always = Object.keys(first ?? {}).filter(
    (member) => first![member] !== undefined && others.every((one) => Object.hasOwn(one, member)),
  )
  const missing = always.filter((member) => !Object.hasOwn(snapshot.context, member))
  return missing.map((member) => ({
    kind: 'context-missing',
    strands: false,
    path: id,
    about: member,
    message:
      `its context has no ${member}, with which every new instance begins; let guards and actions ` +
      `do without it (\`context.${member} ?? …\`)`,
  }))
}

const textMax = 240

/** What was thrown, in one line; the engine puts the guard's name on a line of its own. */
export function thrownText(thrown: unknown): string {
  const text = toErrorValue(thrown).message.replaceAll(/\s*\n\s*/g, ' ')
  return text.length > textMax ? `${text.slice(0, textMax - 1)}…` : text
}
