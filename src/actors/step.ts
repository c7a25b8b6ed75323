import type { AnyMachineSnapshot, EventObject } from 'xstate'
import { formatAddress } from '../contracts/address.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { Effect } from '../contracts/effect.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { copyJson, findNonJson } from '../contracts/json.ts'
import type { StoredSnapshot, StoredState } from '../contracts/state.ts'
import type { StepContext } from './decode.ts'
import { Decoder, MachineError } from './decode.ts'
import type { AgentDefinition } from './definition.ts'
import { hasBegun, isKept, keptFailure, keptInput, lastGoodState, locatedError } from './failure.ts'
import { offeredOptions } from './offered.ts'
import type { EngineRun } from './scope.ts'
import { persist, restore, runEvent, runInitial } from './scope.ts'

export interface StepResult {
  next: StoredState
  effects: Effect[]
  /** False when no transition took the event. */
  handled: boolean
  /** True when the event came from an earlier incarnation, or after the end: nothing changed. */
  stale: boolean
}

/**
 * Folds one event: a pure function of its arguments. What a guard or action of the machine throws
 * becomes the agent's error state, as in a live XState actor. A child is wound up and its parent
 * told; a root agent keeps what it had, and its input, until it is resumed.
 */
export function step(
  definition: AgentDefinition,
  stored: StoredState | undefined,
  event: NeutralEvent,
  at: StepContext,
): StepResult {
  if (stored === undefined) return initialStep(definition, event, at)
  if (event.kind === 'init' && isKept(stored) && !hasBegun(stored)) {
    return initialStep(definition, event, at)
  }
  if (event.kind === 'init' || isStale(stored, event)) return unchanged(stored, true)
  if (event.kind === 'resume') return resumed(stored)
  const isOver = stored.snapshot.status !== 'active' && !isKept(stored)
  if (isOver) return afterTheEnd(stored, event)
  if (event.kind === 'stop') return stopped(definition, stored, at)
  if (stored.snapshot.status !== 'active') {
    return { next: stored, effects: [keptInput()], handled: false, stale: false }
  }
  // Completions and timers come as such; spelled as an event they would bypass the incarnation.
  if (event.kind === 'event' && event.event.type.startsWith('xstate.')) {
    const effects: Effect[] = [{ kind: 'deadLetter', reason: 'reserved-event' }]
    return { next: stored, effects, handled: false, stale: false }
  }
  if (event.kind === 'timer') {
    const timer = stored.timers[event.timerId]!
    if (timer.to) {
      const { [event.timerId]: _fired, ...timers } = stored.timers
      const effects: Effect[] = [{ kind: 'send', to: timer.to, event: timer.event }]
      return { next: { ...stored, timers }, effects, handled: true, stale: false }
    }
  }
  return fold(definition, stored, event, at)
}

function initialStep(
  definition: AgentDefinition,
  event: NeutralEvent,
  at: StepContext,
): StepResult {
  if (event.kind !== 'init') throw new Error('the first event of an agent is its init')
  const { id, version, hash } = definition
  const empty: StoredState = {
    machine: { id, version, hash },
    snapshot: { status: 'active', value: {}, context: {} },
    children: {},
    timers: {},
    incarnations: 0,
    ...(event.parent ? { parent: event.parent } : {}),
    ...budgetsOf(definition, event.budgets, at),
  }
  const run = runInitial(definition.machine, nameOf(at), copyJson(event.input))
  return conclude({ definition, before: empty, base: empty, event, at }, () => {
    // As in a live actor, nothing that a failed start asked for leaves.
    if (run.snapshot.status === 'error') throw run.snapshot.error
    return run
  })
}

/** Those of its ancestors, then its own, which it opens as it begins. */
function budgetsOf(
  { budget: caps }: AgentDefinition,
  inherited: readonly BudgetAccount[] = [],
  { address, atMs }: StepContext,
): Pick<StoredState, 'budgets'> {
  const own = caps ? [{ name: formatAddress(address), caps, openedAtMs: atMs }] : []
  const budgets = [...inherited, ...own]
  return budgets.length > 0 ? { budgets } : {}
}

function fold(
  definition: AgentDefinition,
  stored: StoredState,
  event: NeutralEvent,
  at: StepContext,
): StepResult {
  const before = restore(
    definition.machine,
    nameOf(at),
    stored.snapshot,
    Object.keys(stored.children),
  )
  if (before.status === 'error') throw before.error
  const base = settle(stored, event)
  const engineEvent = toEngineEvent(stored, event)
  let ignored = false
  const result = conclude({ definition, before: stored, base, event, at }, () => {
    const run = runEvent(definition.machine, nameOf(at), before, engineEvent)
    ignored = run.snapshot === before && run.actions.length === 0
    return run
  })
  if (!ignored) return result
  const effects: Effect[] =
    event.kind === 'event' ? [{ kind: 'deadLetter', reason: 'unhandled' }] : []
  return { next: base, effects, handled: false, stale: false }
}

/** One event under way: `base` takes note of it, `before` knows nothing of it yet. */
interface Folding {
  definition: AgentDefinition
  before: StoredState
  base: StoredState
  event: NeutralEvent
  at: StepContext
}

/** Runs the engine and turns its result, or what it threw, into the next state and the effects. */
function conclude(folding: Folding, runEngine: () => EngineRun): StepResult {
  const { definition, base, at } = folding
  const decoder = new Decoder(definition, base, at)
  let snapshot: StoredSnapshot
  try {
    const run = runEngine()
    // An error of a child that nobody handles; what the engine stops then is ours to decide.
    if (run.snapshot.status === 'error') throw run.snapshot.error
    decoder.decode(run.actions, run.snapshot)
    const effects = decoder.effects()
    offerOptions(definition, decoder, effects, run.snapshot)
    snapshot = persist(run.snapshot)
    checkJson(definition, snapshot, effects, decoder.timers)
  } catch (thrown) {
    return failed(folding, thrown)
  }
  return finish(base, decoder, snapshot)
}

function finish(base: StoredState, decoder: Decoder, snapshot: StoredSnapshot): StepResult {
  if (snapshot.status !== 'active') {
    decoder.windUp()
    const { status, output, error } = snapshot
    decoder.add({
      kind: 'terminate',
      status,
      ...(output === undefined ? {} : { output }),
      ...(error === undefined ? {} : { error }),
      ...(base.parent ? { parent: base.parent } : {}),
    })
  }
  const { children, timers, incarnations } = decoder
  const next: StoredState = { ...base, snapshot, children, timers, incarnations }
  return { next, effects: decoder.effects(), handled: true, stale: false }
}

function failed({ definition, before, base, event, at }: Folding, thrown: unknown): StepResult {
  const error = locatedError(thrown, definition, before, event)
  if (!before.parent) {
    const next = keptFailure(before, error)
    return { next, effects: [keptInput()], handled: true, stale: false }
  }
  return finish(base, new Decoder(definition, base, at), {
    ...base.snapshot,
    status: 'error',
    error,
  })
}

/** The operator's word that the reason is gone. */
function resumed(stored: StoredState): StepResult {
  if (!isKept(stored)) return unchanged(stored, true)
  return { next: lastGoodState(stored), effects: [], handled: true, stale: false }
}

function stopped(definition: AgentDefinition, stored: StoredState, at: StepContext): StepResult {
  const { error: _error, ...last } = stored.snapshot
  const snapshot: StoredSnapshot = { ...last, status: 'stopped' }
  return finish(stored, new Decoder(definition, stored, at), snapshot)
}

function unchanged(stored: StoredState, stale: boolean): StepResult {
  return { next: stored, effects: [], handled: false, stale }
}

function afterTheEnd(stored: StoredState, event: NeutralEvent): StepResult {
  if (event.kind !== 'event') return unchanged(stored, true)
  const effects: Effect[] = [{ kind: 'deadLetter', reason: 'agent-ended' }]
  return { next: stored, effects, handled: false, stale: false }
}

function isStale(stored: StoredState, event: NeutralEvent): boolean {
  switch (event.kind) {
    case 'done':
    case 'error': {
      const child = stored.children[event.childId]
      return child?.incarnation !== event.incarnation || child.settled === true
    }
    case 'timer':
      return stored.timers[event.timerId]?.incarnation !== event.incarnation
    default:
      return false
  }
}

/** Takes note that a child has ended or a timer has fired, whatever the machine makes of it. */
function settle(stored: StoredState, event: NeutralEvent): StoredState {
  if (event.kind === 'done' || event.kind === 'error') {
    const child = { ...stored.children[event.childId]!, settled: true }
    return { ...stored, children: { ...stored.children, [event.childId]: child } }
  }
  if (event.kind === 'timer') {
    const { [event.timerId]: _fired, ...timers } = stored.timers
    return { ...stored, timers }
  }
  return stored
}

function toEngineEvent(stored: StoredState, event: NeutralEvent): EventObject {
  switch (event.kind) {
    case 'event':
      return copyJson(event.event)
    case 'done': {
      const { childId, output } = event
      const type = `xstate.done.actor.${childId}`
      return { type, output: copyJson(output), actorId: childId } as EventObject
    }
    case 'error': {
      const { childId, error } = event
      const type = `xstate.error.actor.${childId}`
      return { type, error: copyJson(error), actorId: childId } as EventObject
    }
    case 'timer':
      return copyJson(stored.timers[event.timerId]!.event)
    case 'init':
    case 'stop':
    case 'resume':
      throw new Error(`${event.kind} is not an engine event`)
  }
}

function offerOptions(
  definition: AgentDefinition,
  decoder: Decoder,
  effects: readonly Effect[],
  snapshot: AnyMachineSnapshot,
): void {
  for (const effect of effects) {
    if (effect.kind !== 'spawn' || effect.child !== 'decision') continue
    const source = definition.sources.get(effect.src)
    if (source?.kind !== 'decision') continue
    effect.offered = offeredOptions(snapshot, source.contract.optionTypes)
    const child = decoder.children[effect.id]
    if (child?.incarnation === effect.incarnation) {
      decoder.children[effect.id] = { ...child, offered: effect.offered }
    }
  }
}

function checkJson(
  definition: AgentDefinition,
  snapshot: StoredSnapshot,
  effects: readonly Effect[],
  timers: StoredState['timers'],
): void {
  const lost =
    findNonJson(snapshot.context, 'context') ??
    (snapshot.output === undefined ? undefined : findNonJson(snapshot.output, 'output')) ??
    findNonJson(effects, 'effects') ??
    findNonJson(timers, 'timers')
  if (lost) {
    throw new MachineError(
      definition.id,
      `${lost} is not JSON and would be lost; keep only JSON in context, events, input and output`,
    )
  }
}

function nameOf(at: StepContext): string {
  return `${at.address.type}/${at.address.id}`
}
