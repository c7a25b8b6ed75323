import type { Bus } from '../../src/bus/bus.ts'
import type { Choice } from '../../src/proof/choices.ts'
import { shrink } from '../../src/proof/shrink.ts'
import { classOf, violations } from './checkers.ts'
import { Couriers } from './couriers.ts'
import type { DeskData } from './desk.ts'
import { Desk } from './desk.ts'
import type { Result, Scenario } from './simulation.ts'
import { Simulation } from './simulation.ts'
import type { Weather } from './weather.ts'
import { weatherOf } from './weather.ts'

/** One run: by seed, or, with a script, exactly these choices. */
export interface Run {
  seed: number
  weather: Weather
  script?: readonly Choice[]
  sabotage?: (bus: Bus) => Bus
}

export interface Outcome {
  run: Run
  result: Result
  /** What it broke; empty: nothing. */
  found: readonly string[]
}

/** Every fourth seed serves a customer of the airline desk, the others send couriers; some feed or repair an agent. */
function scenarioOf({ seed, weather }: Run, desk: DeskData): Scenario {
  if (seed % 4 === 0) return new Desk(desk, Math.floor(seed / 4))
  return new Couriers(weather)
}

export function plan(seed: number, sabotage?: Run['sabotage']): Run {
  return { seed, weather: weatherOf(seed), ...(sabotage ? { sabotage } : {}) }
}

/** Runs the production runtime once and checks what came of it. */
export async function play(run: Run, desk: DeskData): Promise<Outcome> {
  const scenario = scenarioOf(run, desk)
  const result = await new Simulation({ ...run, scenario }).run()
  return { run, result, found: await violations(result, scenario) }
}

/**
 * Makes a failing run as small as it can be while it breaks the same invariant: less work to do,
 * and no fault and no overtaking that the failure does not need.
 */
export async function shorten(
  outcome: Outcome,
  desk: DeskData,
  attemptsMax = 1_000,
): Promise<Outcome> {
  const broken = classOf(outcome.found[0] ?? '')
  let smallest = outcome
  const fails = async (run: Run): Promise<boolean> => {
    const again = await play(run, desk)
    const isSame = again.found.some((line) => classOf(line) === broken)
    if (isSame) smallest = again
    return isSame
  }
  const script = outcome.result.choices
  let run: Run = { ...outcome.run, script }
  const doLess = async (): Promise<void> => {
    for (const less of [{ feeds: false }, { repairs: false }, { couriers: 1 }, { rounds: 1 }]) {
      const smaller = { ...run, weather: { ...run.weather, ...less } }
      if (await fails(smaller)) run = smaller
    }
  }
  // What nobody needs cannot be in the way; with fewer choices there is more that nobody needs.
  await doLess()
  const few = await shrink(script, (some) => fails({ ...run, script: some }), attemptsMax)
  run = { ...run, script: few }
  await doLess()
  await shrink(few, (some) => fails({ ...run, script: some }), attemptsMax)
  return smallest
}

/** What happened in a run, without the bookkeeping that goes on all the time. */
export function story({ result }: Outcome): string[] {
  const bookkeeping = /^\S+ (put host\.|(put|get|forget) lease\.|checkpoint |news |keys )/
  return result.trace.filter((line) => !bookkeeping.test(line))
}
