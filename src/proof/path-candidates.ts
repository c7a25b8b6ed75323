import type { StoredState } from '../contracts/state.ts'
import type { Chart } from './path-chart.ts'
import type { Candidates, Spot } from './path-graph.ts'
import type { Move } from './path-move.ts'
import type { ExampleState } from './path-options.ts'
import type { PathValue, PathValues } from './path-values.ts'

/** All that may happen to an agent next, values of one kind together. */
export function candidatesOf({ stored, due }: Spot, chart: Chart, values: PathValues) {
  if (!stored) {
    return [group(values.inputs(), (input): Move => ({ kind: 'init', ...optional({ input }) }))]
  }
  return [
    ...events(stored, chart, values),
    ...completions(stored, chart, values),
    ...due.map((timer): Candidates => ({
      moves: [{ kind: 'timer', timer }],
      isGuess: false,
      isMade: false,
    })),
  ]
}

function events({ snapshot }: StoredState, chart: Chart, values: PathValues): Candidates[] {
  const { value, context } = snapshot
  const types = [...chart.listensTo(value)].flatMap((descriptor) => {
    if (descriptor.startsWith('xstate.')) return []
    if (!descriptor.endsWith('*')) return [descriptor]
    const prefix = descriptor.slice(0, -1)
    const known = values.eventTypes.filter((type) => type.startsWith(prefix))
    return known.length > 0 ? known : [`${prefix}example`]
  })
  return [...new Set(types)].map((type) =>
    group(values.events(type, { value, context }), (event): Move => ({
      kind: 'event',
      event: event as never,
    })),
  )
}

/** Only of children whose end the present state listens to. */
function completions(stored: StoredState, chart: Chart, values: PathValues): Candidates[] {
  const { value, context } = stored.snapshot
  const types = chart.listensTo(value)
  return Object.entries(stored.children).flatMap(([child, of]) => {
    if (of.settled) return []
    const { offered } = of
    const state: ExampleState = { value, context, ...(offered ? { offered } : {}) }
    const groups: Candidates[] = []
    if (types.has(`xstate.done.actor.${child}`)) {
      const outputs = values.outputs(child, of, state)
      groups.push(
        group(outputs, (output): Move => ({ kind: 'done', child, ...optional({ output }) })),
      )
    }
    if (types.has(`xstate.error.actor.${child}`)) {
      const moves = values
        .errors(child, of, state)
        .map((error): Move => ({ kind: 'error', child, error }))
      groups.push({ moves, isGuess: false, isMade: false })
    }
    return groups
  })
}

function group(values: readonly PathValue[], toMove: (value: unknown) => Move): Candidates {
  return {
    moves: values.map(({ value }) => toMove(value)),
    isGuess: values.some(({ isGuess }) => isGuess),
    isMade: values.some(({ isMade }) => isMade),
  }
}

function optional<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<T>
}
