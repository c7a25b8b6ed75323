import type { Completion, Performer } from '../actors/performer.ts'
import type { ServiceParts } from '../actors/service.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { Clock, VirtualClock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { cannotTest, expectThat } from './clause.ts'

/** Where calls are made whose contract is tested: production code on deterministic ports. */
export interface Bench {
  /** Of this process, for keys that an outside system has not seen before. */
  readonly run: string
  readonly clock: VirtualClock
  /** Of code of the user that works outside, which no virtual clock moves. */
  readonly realClock: Clock
  /** A process of its own that serves this one tool or decision, on the store of this bench. */
  serve(part: Pick<ServiceParts, 'tools' | 'decisions'>): Performer
  /** Keeps the process alive until the returned function is called. */
  hold(): () => void
}

/** A bench whose store is empty and whose time begins anew. */
export type OpenBench = () => Bench

/** What a call is asked with; the rest is the same for all. */
interface Asked {
  id?: string
  input: unknown
  offered?: readonly string[]
  budgets?: readonly BudgetAccount[]
  signal?: AbortSignal
}

/** Code of the user that is being executed. */
export class UserCode {
  /** How often it was begun. */
  begun = 0
  private running = 0

  get isRunning(): boolean {
    return this.running > 0
  }

  watch<Args extends readonly unknown[], T>(
    run: (...args: Args) => T | Promise<T>,
  ): (...args: Args) => Promise<T> {
    return async (...args) => {
      this.begun++
      this.running++
      try {
        return await run(...args)
      } finally {
        this.running--
      }
    }
  }
}

const callId = 'contract/test:1:0'

export function perform(performer: Performer, asked: Asked): Promise<Completion> {
  const { signal = new AbortController().signal, ...rest } = asked
  const agent = { type: 'contract', id: 'test' }
  return performer.perform({ id: callId, agent, offered: [], budgets: [], ...rest }, signal)
}

/** More than the attempts of any policy. */
const deadlinesMost = 20_000

/** So many turns bring everything to rest that waits for no timer and nothing outside. */
const turnsToRest = 100

export async function rest(): Promise<void> {
  for (let turn = 0; turn < turnsToRest; turn++) await Promise.resolve()
}

/** Real time, while the process stays alive. */
export async function pauseReally({ realClock, hold }: Bench, ms: number): Promise<void> {
  const release = hold()
  await pause(realClock, ms).finally(release)
}

/**
 * Lets virtual time pass from deadline to deadline until the promise settles. While code of the user
 * runs, virtual time stands still and real time passes, `patienceMs` at the most.
 */
export async function settle<T>(
  bench: Bench,
  running: Promise<T>,
  { code, patienceMs = 0 }: { code?: UserCode; patienceMs?: number } = {},
): Promise<T> {
  let isOver = false
  const mark = (): void => void (isOver = true)
  running.then(mark, mark)
  const { clock, realClock } = bench
  let deadlines = 0
  for (let sinceMs: number | undefined; ;) {
    await rest()
    if (isOver) return running
    if (code?.isRunning) {
      sinceMs ??= realClock.now()
      const isPatient = realClock.now() - sinceMs < patienceMs
      expectThat(isPatient, `it did not end within ${patienceMs} ms of real time`)
      await pauseReally(bench, 1)
      continue
    }
    sinceMs = undefined
    // An outage of the cell's own store is waited out for ever.
    if (++deadlines > deadlinesMost) return cannotTest('the call waits again and again')
    const deadlineMs = clock.nextDeadline()
    expectThat(deadlineMs !== undefined, 'it never ends: it waits for nothing and for no time')
    clock.advance(Math.max(0, deadlineMs - clock.now()))
  }
}

/** Whether code of the user comes to its end within some real time. */
export async function endsWithin(bench: Bench, code: UserCode, ms: number): Promise<boolean> {
  const untilMs = bench.realClock.now() + ms
  await rest()
  while (code.isRunning && bench.realClock.now() < untilMs) await pauseReally(bench, 1)
  return !code.isRunning
}
