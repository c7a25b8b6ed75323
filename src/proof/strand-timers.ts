import type { AnyStateNode } from 'xstate'
import type { InstanceProblem } from './instance-problem.ts'
import type { Placed } from './strand-children.ts'
import type { ChartView } from './strand-chart.ts'
import { takenBy } from './strand-chart.ts'
import { pathOf } from './strand-configuration.ts'
import { namedTimers } from './strand-ways.ts'

/** What becomes of the timers that are set, and of those that were never set. */
export function timerProblems(placed: Placed, before: ChartView | undefined): InstanceProblem[] {
  return [
    ...untaken(placed),
    ...placed.active.flatMap((node) => notSet(placed, node)),
    ...(before ? placed.active.flatMap((node) => changed(placed, node, before)) : []),
  ]
}

/** Timers that fire into the machine and whom no transition takes, now or later. */
function untaken({ chart, stored, active, ways }: Placed): InstanceProblem[] {
  return namedTimers(stored).flatMap(({ name, timer: { event, to } }) => {
    if (to || takenBy(active, event.type).length > 0) return []
    // A delayed event may be meant for a later state; an `after` is of an active one.
    const isAfter = event.type.startsWith('xstate.')
    if (!isAfter && chart.isTakenAnywhere(event.type)) return []
    const way = ways.outlook === 'stuck' ? 'nothing else moves it' : 'something else may move it'
    const todo = isAfter
      ? 'keep the `after` of this state with its delay'
      : `keep ${event.type} in \`on\``
    return [
      {
        kind: 'timer-untaken',
        strands: ways.outlook === 'stuck',
        path: pathOf(active.at(-1)!),
        about: name,
        message: `the timer ${name} is set, and when it fires nothing takes it; ${way}; ${todo}`,
      },
    ]
  })
}

function notSet({ stored, ways }: Placed, node: AnyStateNode): InstanceProblem[] {
  const types = [...new Set(node.after.map(({ eventType }) => eventType))]
  return types.flatMap((type) => {
    if (Object.hasOwn(stored.timers, type)) return []
    const transitions = node.after.filter(({ eventType }) => eventType === type)
    // One with a guard or without a target may have fired without leaving the state.
    const isSure = transitions.some(({ guard, target }) => guard === undefined && target)
    if (!isSure) return []
    const delay = String(transitions[0]!.delay)
    return [
      {
        kind: 'after-not-set',
        strands: ways.outlookOf(node) === 'stuck',
        path: pathOf(node),
        about: delay,
        message:
          `the \`after\` ${delay} of ${pathOf(node)} was never set for those who are in it already, so ` +
          `it will not fire, and ${ways.consequence(node)}; give delays a name and change its value ` +
          'instead, or put the new delay into a new state that the old one leads to',
      },
    ]
  })
}

/** A named delay with another value: what is set keeps the deadline that it has. */
function changed(
  { chart, stored }: Placed,
  node: AnyStateNode,
  before: ChartView,
): InstanceProblem[] {
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType, delay]))
  return [...delays].flatMap(([type, delay]) => {
    if (typeof delay !== 'string' || !Object.hasOwn(stored.timers, type)) return []
    const [was, now] = [before, chart].map(
      ({ definition }) => definition.machine.implementations.delays[delay] as unknown,
    )
    if (typeof was !== 'number' || typeof now !== 'number' || was === now) return []
    return [
      {
        kind: 'delay-changed',
        strands: false,
        path: pathOf(node),
        about: delay,
        message:
          `the delay ${delay} was ${was} ms and is ${now} ms: timers that are set keep their old ` +
          'deadline; nothing to do if that is meant',
      },
    ]
  })
}
