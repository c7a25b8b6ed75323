/**
 * The only file that touches XState's internals (xstate is pinned exactly). It runs a machine
 * without starting an XState actor: every action that the engine would execute is collected, and
 * children are inert stand-ins. See docs/ARCHITECTURE.md, "The pure step".
 */
import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import { StateMachine } from 'xstate'
import type { StoredSnapshot } from '../contracts/state.ts'

/** An action that the engine would have executed, in order. */
export interface CollectedAction {
  type: string
  params: unknown
  info: { context: unknown; event: EventObject }
}

/** A stand-in for another actor: what `to` and `stopChild` refer to. */
export interface StandIn {
  readonly id: string
  readonly role: 'self' | 'parent' | 'child'
}

const standInKey = Symbol('ashlar.standIn')

/** Eventless loops end here instead of hanging the host. */
const defaultMaxIterations = 1000

/** Never runs: XState needs some logic behind every `src` to resolve the input of a spawn. */
const inertLogic = {
  transition: (snapshot: unknown) => snapshot,
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot: unknown) => snapshot,
  restoreSnapshot: (snapshot: unknown) => snapshot,
}

/** A copy of the machine whose sources are inert and whose eventless loops are bounded. */
export function inertMachine(machine: AnyStateMachine, sources: Iterable<string>): AnyStateMachine {
  const options = { maxIterations: defaultMaxIterations, ...machine.config.options }
  const actors = Object.fromEntries([...sources].map((src) => [src, inertLogic]))
  const implementations = { ...machine.implementations, actors }
  return new StateMachine({ ...machine.config, options } as never, implementations as never)
}

export interface EngineRun {
  snapshot: AnyMachineSnapshot
  actions: CollectedAction[]
}

/** Enters the initial state. An error thrown by the machine comes back as an error snapshot. */
export function runInitial(machine: AnyStateMachine, name: string, input: unknown): EngineRun {
  const actions: CollectedAction[] = []
  const scope = createScope(name, actions)
  return { snapshot: machine.getInitialSnapshot(scope, input as never), actions }
}

/** Folds one event. @throws whatever a guard, assign or parameter function of the machine throws */
export function runEvent(
  machine: AnyStateMachine,
  name: string,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
): EngineRun {
  const actions: CollectedAction[] = []
  const scope = createScope(name, actions)
  scope.self.getSnapshot = () => snapshot
  return { snapshot: machine.transition(snapshot, event, scope) as AnyMachineSnapshot, actions }
}

/** Rebuilds the engine's snapshot from stored JSON, with stand-ins for the children. */
export function restore(
  machine: AnyStateMachine,
  name: string,
  stored: StoredSnapshot,
  children: Iterable<string>,
): AnyMachineSnapshot {
  const scope = createScope(name, [])
  const own = structuredClone(stored)
  const persisted = { historyValue: {}, output: undefined, error: undefined, ...own, children: {} }
  const snapshot = machine.restoreSnapshot(persisted as never, scope) as AnyMachineSnapshot
  for (const id of children) snapshot.children[id] = standIn(id, 'child') as never
  return snapshot
}

/** XState's own persisted form of a snapshot, children left out. */
export function persist(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): unknown {
  return machine.getPersistedSnapshot({ ...snapshot, children: {} } as AnyMachineSnapshot)
}

/** The stand-in behind a reference, or the id of a child that was spawned in this very step. */
export function identify(reference: unknown): StandIn | undefined {
  if (typeof reference !== 'object' || reference === null) return undefined
  const own = (reference as { [standInKey]?: StandIn })[standInKey]
  if (own) return own
  const spawned = reference as { id?: unknown; _processingStatus?: unknown }
  return typeof spawned.id === 'string' && '_processingStatus' in spawned
    ? { id: spawned.id, role: 'child' }
    : undefined
}

/** Transitions that the present configuration offers for an event type, guards evaluated. */
export function enabledTransitions(snapshot: AnyMachineSnapshot, event: EventObject): unknown[] {
  const machine = snapshot.machine as unknown as {
    getTransitionData(s: AnyMachineSnapshot, e: EventObject): unknown[]
  }
  return machine.getTransitionData(snapshot, event)
}

function standIn(id: string, role: StandIn['role']): object {
  return {
    [standInKey]: { id, role },
    id,
    sessionId: id,
    // XState reads these of any child or parent; 0 is "not started".
    _processingStatus: 0,
    getSnapshot: () => ({ status: 'active' }),
    send: () => undefined,
    toJSON: () => ({ xstate$$type: 1, id }),
  }
}

/** XState's ActorScope is typed for its own Actor class; only the members it reads are supplied. */
type Scope = Parameters<AnyStateMachine['transition']>[2]

function createScope(name: string, actions: CollectedAction[]): Scope {
  const system = stubSystem()
  const self = Object.assign(standIn(name, 'self'), {
    system,
    _parent: Object.assign(standIn('#parent', 'parent'), { system }),
  })
  return {
    self,
    id: name,
    sessionId: name,
    system,
    logger: () => undefined,
    defer: () => undefined,
    stopChild: () => undefined,
    emit: () => undefined,
    actionExecutor: (action: CollectedAction) => actions.push(action),
  } as unknown as Scope
}

function stubSystem(): object {
  let booked = 0
  const nothing = (): undefined => undefined
  return {
    _bookId: () => `inert:${booked++}`,
    _register: (id: string) => id,
    _unregister: nothing,
    _set: nothing,
    get: nothing,
    getAll: () => ({}),
    inspect: () => ({ unsubscribe: nothing }),
    _sendInspectionEvent: nothing,
    _relay: nothing,
    scheduler: { schedule: nothing, cancel: nothing, cancelAll: nothing },
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: nothing,
    _clock: { setTimeout: nothing, clearTimeout: nothing },
    _logger: nothing,
  }
}
