import type { RealCall } from './trace-call.ts'
import { DivergedError } from './trace-play.ts'
import type { TraceRun } from './trace-run.ts'
import type { WalkedMove } from './trace-walk.ts'
import type { GateStep, TraceWorker } from './trace-worker.ts'

/** The processes that have a call and have not ended it. */
export function holding({ workers }: RealCall): TraceWorker[] {
  return workers.filter(({ isDead, isAnswered }) => !isDead && !isAnswered)
}

/** So many processes have taken the call and gone as far as they can. */
export async function begun<State>(
  run: TraceRun<State>,
  call: RealCall,
  count: number,
): Promise<readonly TraceWorker[]> {
  await taken(run, call, count)
  const workers = holding(call).slice(0, count)
  for (const worker of workers) {
    if (!worker.hasBegun) await advance(run, worker, 'begins', () => worker.begin())
  }
  return workers
}

/** So many processes have taken the call off its queue. */
export async function taken<State>(
  run: TraceRun<State>,
  call: RealCall,
  count: number,
): Promise<void> {
  while (holding(call).length < count) await run.startWorker(call)
}

/** The process whose statechart of the call is where the move is made. */
export async function workerAt<State>(
  run: TraceRun<State>,
  call: RealCall,
  walked: WalkedMove<State>,
  step: GateStep | 'a timer',
): Promise<TraceWorker> {
  const workers = await begun(run, call, runsIn(walked))
  const fits = workers.filter((worker) => whereIs(worker) === step)
  const { run: wanted } = walked
  const chosen =
    fits.find(({ attempt, owns }) => attempt === wanted?.attempt && owns === wanted.owns) ??
    fits.find(({ attempt }) => attempt === wanted?.attempt) ??
    fits[0]
  if (chosen) return chosen
  const where = workers.map(whereIs).join(', ')
  throw new DivergedError(`no process of ${call.target} is at "${step}"; they are at: ${where}`)
}

/** How many processes have the call. */
export function runsIn<State>({ call }: WalkedMove<State>): number {
  return Math.max(1, call?.runs.length ?? 1)
}

/** Lets a process go on and waits until it stops at the next place. */
export async function advance<State>(
  run: TraceRun<State>,
  worker: TraceWorker,
  what: string,
  act: () => void,
): Promise<void> {
  const { moves } = worker
  act()
  const target = worker.work?.target ?? 'the call'
  await run.until(() => (worker.moves > moves ? true : undefined), `${target}: ${what}`)
}

function whereIs({ gate, isWaiting }: TraceWorker): string {
  if (gate) return gate.step
  return isWaiting ? 'a timer' : 'the end'
}
