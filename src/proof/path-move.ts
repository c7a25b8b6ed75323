import type { ErrorValue } from '../contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import type { StoredState, StoredTimer } from '../contracts/state.ts'

/**
 * What a path does next. Completions and timers name no incarnation: that is the present one, so that
 * the same move can be made in every run of a path.
 */
export type Move =
  | { readonly kind: 'init'; readonly input?: unknown }
  | { readonly kind: 'event'; readonly event: AgentEvent }
  | { readonly kind: 'done'; readonly child: string; readonly output?: unknown }
  | { readonly kind: 'error'; readonly child: string; readonly error: ErrorValue }
  | { readonly kind: 'timer'; readonly timer: string }

/** The move as the input of an agent in this state; undefined when the state does not wait for it. */
export function neutralOf(stored: StoredState | undefined, move: Move): NeutralEvent | undefined {
  if (move.kind === 'init') {
    return { kind: 'init', ...(move.input === undefined ? {} : { input: move.input }) }
  }
  if (move.kind === 'event') return { kind: 'event', event: move.event }
  if (move.kind === 'timer') {
    const found = stored && namedTimers(stored).find(({ name }) => name === move.timer)
    return found && { kind: 'timer', timerId: found.id, incarnation: found.timer.incarnation }
  }
  const child = stored?.children[move.child]
  if (!child || child.settled) return undefined
  const of = { childId: move.child, incarnation: child.incarnation }
  if (move.kind === 'error') return { kind: 'error', ...of, error: move.error }
  return { kind: 'done', ...of, ...(move.output === undefined ? {} : { output: move.output }) }
}

/** A pending timer under a name that does not depend on how the agent came here. */
export interface NamedTimer {
  readonly name: string
  readonly id: string
  readonly timer: StoredTimer
}

/** In the order in which they were set. */
export function namedTimers({ timers }: StoredState): NamedTimer[] {
  const anonymous = new Map<string, number>()
  return Object.entries(timers)
    .toSorted(([, one], [, other]) => one.incarnation - other.incarnation)
    .map(([id, timer]) => {
      if (id !== `timer.${timer.incarnation}`) return { name: id, id, timer }
      // The step names a delayed event without an id after its incarnation.
      const count = (anonymous.get(timer.event.type) ?? 0) + 1
      anonymous.set(timer.event.type, count)
      return { name: `${timer.event.type}#${count}`, id, timer }
    })
}

/** As people read it in the name of a test: `CUSTOMER`, `done lookUp`, `after silence`. */
export function labelOf(move: Move): string {
  switch (move.kind) {
    case 'init':
      return 'init'
    case 'event':
      return move.event.type
    case 'done': {
      const { type } = (move.output ?? {}) as { type?: unknown }
      return `done ${move.child}${typeof type === 'string' ? ` ${type}` : ''}`
    }
    case 'error': {
      const { kind } = move.error
      return `error ${move.child}${typeof kind === 'string' ? ` ${kind}` : ''}`
    }
    case 'timer': {
      const delay = /^xstate\.after\.([^.]+)\./.exec(move.timer)?.[1]
      return delay === undefined ? `timer ${move.timer}` : `after ${delay}`
    }
  }
}
