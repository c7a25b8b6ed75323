import type { AgentDefinition } from '../actors/definition.ts'
import { step } from '../actors/step.ts'
import type { StoredState } from '../contracts/state.ts'
import type { InstanceProblem } from './instance-problem.ts'
import type { Placed } from './strand-children.ts'
import { takenBy } from './strand-chart.ts'
import { pathOf } from './strand-configuration.ts'
import type { Probe } from './strand-inputs.ts'
import { knownHistory, thrownText } from './strand-kept.ts'

/** What an input comes to: the agent fails, takes it, or does not. */
type Outcome = { kind: 'throws'; text: string } | { kind: 'taken' } | { kind: 'untaken' }

/** Outcomes of the examples of one label, with what the old chart made of the same example. */
interface Tried {
  readonly threw: string[]
  survived: number
  isTakenNoMore?: boolean
  failsIt?: boolean
}

/**
 * Folds what may come next to a stored instance, each input by itself and on the stored context: a
 * guard or an action that counts on what an older version did not store throws here, not in production.
 */
export function probeProblems(
  placed: Placed,
  probes: readonly Probe[],
  before: AgentDefinition | undefined,
): InstanceProblem[] {
  const { chart, active } = placed
  const next = chart.definition
  const stored = knownHistory(chart, placed.stored)
  const labels = new Map<string, Tried>()
  for (const probe of probes) {
    if (isToldElsewhere(placed, probe)) continue
    const isUnhandled = isUnhandledFailure(placed, probe)
    if (isUnhandled && !before) continue
    const was = before && outcomeOf(before, placed.stored, probe)
    if (was?.kind === 'throws') continue
    const is = isUnhandled ? failsIt : outcomeOf(next, stored, probe)
    const tried = labels.get(probe.label) ?? { threw: [], survived: 0 }
    labels.set(probe.label, tried)
    if (is === failsIt) tried.failsIt = true
    else if (is.kind === 'throws') tried.threw.push(is.text)
    else tried.survived++
    if (was?.kind === 'taken' && is.kind === 'untaken') tried.isTakenNoMore = true
  }
  const path = pathOf(active.at(-1)!)
  return [...labels].flatMap(([label, tried]) => [
    ...throwing(path, label, tried),
    ...(tried.isTakenNoMore ? [untaken(path, label)] : []),
    ...(tried.failsIt ? [unhandled(path, label)] : []),
  ])
}

/** Whether any event at all would move it, because an eventless transition holds by now. */
export function alwaysDue({ chart, stored, active, ways }: Placed): InstanceProblem[] {
  if (!active.some(({ always }) => (always?.length ?? 0) > 0)) return []
  const event = { kind: 'event' as const, event: { type: nobodysEvent } }
  const probe = { label: nobodysEvent, event }
  const outcome = outcomeOf(chart.definition, knownHistory(chart, stored), probe)
  if (outcome.kind === 'untaken') return []
  const path = pathOf(active.at(-1)!)
  if (outcome.kind === 'throws') {
    return throwing(path, 'always', { threw: [outcome.text], survived: 0 })
  }
  return [
    {
      kind: 'always-due',
      strands: ways.outlook === 'stuck',
      path,
      about: 'always',
      message:
        'an eventless transition holds for it in this chart, which the engine notices with the next ' +
        'event that comes, whichever that is; send it one, or keep the state as it was',
    },
  ]
}

/** Nothing in a chart is called so. */
const nobodysEvent = 'ashlar-check'

/** Of children that nobody invokes and timers that nobody takes it is said once. */
function isToldElsewhere({ active, stored }: Placed, { event }: Probe): boolean {
  if (event.kind === 'timer') {
    return takenBy(active, stored.timers[event.timerId]!.event.type).length === 0
  }
  if (event.kind !== 'done' && event.kind !== 'error') return false
  return !active.some(({ invoke }) => invoke.some(({ id }) => id === event.childId))
}

const failsIt: Outcome = { kind: 'throws', text: 'nobody takes the error' }

/** Charts may well leave it at that: an error that nobody takes fails the agent. */
function isUnhandledFailure({ active }: Placed, { event }: Probe): boolean {
  if (event.kind !== 'error') return false
  return takenBy(active, `xstate.error.actor.${event.childId}`).length === 0
}

function outcomeOf(definition: AgentDefinition, stored: StoredState, { event }: Probe): Outcome {
  const at = { address: { type: definition.id, id: 'check' }, atMs: 0 }
  try {
    const { next, handled, stale } = step(definition, stored, event, at)
    if (next.snapshot.status === 'error') {
      return { kind: 'throws', text: thrownText(next.snapshot.error) }
    }
    return { kind: handled || stale ? 'taken' : 'untaken' }
  } catch (thrown) {
    return { kind: 'throws', text: thrownText(thrown) }
  }
}

/** Where all examples throw, the instance fails as soon as something of the kind comes. */
function throwing(path: string, label: string, { threw, survived }: Tried): InstanceProblem[] {
  const [first] = threw
  if (first === undefined) return []
  const which = survived > 0 ? `${threw.length} of ${threw.length + survived} examples of ` : ''
  return [
    {
      kind: 'throws',
      strands: survived === 0,
      path,
      about: label,
      message:
        `taking ${which}${label}, its code throws on the stored context: ${first}; let it take a context ` +
        'that an older version stored',
    },
  ]
}

function unhandled(path: string, label: string): InstanceProblem {
  return {
    kind: 'event-untaken',
    strands: true,
    path,
    about: label,
    message:
      `${label} was taken in this state and is not any more: such an end of the call fails the agent; ` +
      'keep its onError',
  }
}

function untaken(path: string, label: string): InstanceProblem {
  return {
    kind: 'event-untaken',
    strands: false,
    path,
    about: label,
    message:
      `${label} was taken in this state and is not any more: what comes is lost, or lies among the ` +
      'dead letters; keep a transition for it, if only `{}`',
  }
}
