/**
 * The only file that touches XState's internals (xstate is pinned exactly). It runs a machine
 * without starting an XState actor: every action that the engine would execute is collected, and
 * children are inert stand-ins. See docs/ARCHITECTURE.md, "The pure step".
 */
import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import { StateMachine } from 'xstate'
import { toErrorValue } from '../contracts/error.ts'
import { copyJson } from '../contracts/json.ts'
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

/** A constructor that returns its argument: what extends it adds private members to that object. */
const Same = function (object: object): object {
  return object
} as unknown as new (object: object) => object

/**
 * Marks a stored snapshot with the engine's form of it, which only this process has. A private
 * member is in no copy, comparison or JSON of the snapshot; a WeakMap, with an entry per step,
 * doubled the cost of a step in garbage collection.
 */
class EngineForm extends Same {
  readonly #form: AnyMachineSnapshot

  private constructor(stored: StoredSnapshot, form: AnyMachineSnapshot) {
    super(stored)
    this.#form = form
  }

  static mark(stored: StoredSnapshot, form: AnyMachineSnapshot): StoredSnapshot {
    return new EngineForm(stored, form) as unknown as StoredSnapshot
  }

  static of(stored: StoredSnapshot): AnyMachineSnapshot | undefined {
    return #form in stored ? stored.#form : undefined
  }
}

/** Rebuilds the engine's snapshot from stored JSON, with stand-ins for the children. */
export function restore(
  machine: AnyStateMachine,
  name: string,
  stored: StoredSnapshot,
  children: Iterable<string>,
): AnyMachineSnapshot {
  const known = EngineForm.of(stored)
  const form = known?.machine === machine ? known : engineForm(machine, name, stored)
  return withParts(form, copyJson(stored.context), standIns(children))
}

/** Made anew, as of a state that this process has read. */
function engineForm(
  machine: AnyStateMachine,
  name: string,
  { status, value, historyValue = {}, output, error }: StoredSnapshot,
): AnyMachineSnapshot {
  const persisted = { status, value, historyValue, output, error, context: {}, children: {} }
  const scope = createScope(name, [])
  return machine.restoreSnapshot(persisted as never, scope) as AnyMachineSnapshot
}

/** What is stored of a snapshot: JSON, children left out. */
export function persist(snapshot: AnyMachineSnapshot): StoredSnapshot {
  const { status, value, context, output, error } = snapshot
  const history = Object.entries(snapshot.historyValue as Record<string, { id: string }[]>)
  const stored: StoredSnapshot = {
    status,
    value: value as StoredSnapshot['value'],
    context: context as StoredSnapshot['context'],
    ...(history.length === 0
      ? {}
      : { historyValue: Object.fromEntries(history.map(([id, nodes]) => [id, idsOf(nodes)])) }),
    ...(output === undefined ? {} : { output: output as unknown }),
    ...(error === undefined || error === null ? {} : { error: toErrorValue(error) }),
  }
  return EngineForm.mark(stored, withParts(snapshot, {}, {}))
}

/** Member by member in the engine's order, so that the engine meets one shape of snapshot only. */
function withParts(snapshot: AnyMachineSnapshot, context: object, children: object) {
  const { status, output, error, machine, value, tags, historyValue } = snapshot
  // The engine's order tells how it came here, which a restored snapshot does not know.
  const _nodes = snapshot._nodes.toSorted((a, b) => a.order - b.order)
  const { matches, hasTag, can, getMeta, toJSON } = snapshot
  return {
    status,
    output,
    error,
    machine,
    context,
    _nodes,
    value,
    tags,
    children,
    historyValue,
    matches,
    hasTag,
    can,
    getMeta,
    toJSON,
  } as AnyMachineSnapshot
}

function idsOf(nodes: { id: string }[]): { id: string }[] {
  return nodes.map(({ id }) => ({ id })).toSorted((a, b) => (a.id < b.id ? -1 : 1))
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

/** XState reads these members of any child or parent; status 0 is "not started". */
class ActorStandIn {
  readonly [standInKey]: StandIn
  readonly id: string
  readonly sessionId: string
  readonly _processingStatus = 0

  constructor(id: string, role: StandIn['role']) {
    this[standInKey] = { id, role }
    this.id = id
    this.sessionId = id
  }

  getSnapshot(): unknown {
    return { status: 'active' }
  }

  send(): void {}

  toJSON(): unknown {
    return { xstate$$type: 1, id: this.id }
  }
}

function standIns(ids: Iterable<string>): Record<string, object> {
  const children: Record<string, object> = {}
  for (const id of ids) children[id] = new ActorStandIn(id, 'child')
  return children
}

/** XState's ActorScope is typed for its own Actor class; only the members it reads are supplied. */
type Scope = Parameters<AnyStateMachine['transition']>[2]

const nothing = (): undefined => undefined

function createScope(name: string, actions: CollectedAction[]): Scope {
  const system = stubSystem()
  const parent = Object.assign(new ActorStandIn('#parent', 'parent'), { system })
  const self = Object.assign(new ActorStandIn(name, 'self'), { system, _parent: parent })
  return {
    self,
    id: name,
    sessionId: name,
    system,
    logger: nothing,
    defer: nothing,
    stopChild: nothing,
    emit: nothing,
    actionExecutor: (action: CollectedAction) => actions.push(action),
  } as unknown as Scope
}

const noScheduler = { schedule: nothing, cancel: nothing, cancelAll: nothing }
const noClock = { setTimeout: nothing, clearTimeout: nothing }

function stubSystem(): object {
  let booked = 0
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
    scheduler: noScheduler,
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: nothing,
    _clock: noClock,
    _logger: nothing,
  }
}
