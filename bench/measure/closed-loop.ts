/** What a window of a closed loop showed. */
export interface Window {
  count: number
  elapsedMs: number
  /** Of those that ended within the window, in the order in which they ended. */
  latenciesMs: number[]
}

export interface ClosedLoop {
  concurrency: number
  /** At least so long, and until every lane has ended one piece of work on average. */
  warmUpMs: number
  /** At least so long, and until every lane has ended one more on average. */
  windowMs: number
  /** One piece of work; what it throws ends the measurement. */
  work: (lane: number) => Promise<unknown>
  /** Called as the window opens and closes, to read counters. */
  onOpen?: () => void
  onClose?: () => void
}

const lookEveryMs = 2

/**
 * Keeps `concurrency` pieces of work under way and counts those that end within the window. What
 * is under way when it closes is finished, but does not count. Lanes that start together end
 * together for a while, so the window reaches from one end of a piece of work to another.
 */
export async function runClosedLoop(loop: ClosedLoop): Promise<Window> {
  const { concurrency } = loop
  const latenciesMs: number[] = []
  const now: { closed: boolean; lastEndMs: number; failure?: { thrown: unknown } } = {
    closed: false,
    lastEndMs: 0,
  }
  const lane = async (index: number): Promise<void> => {
    while (!now.closed && !now.failure) {
      const begunMs = performance.now()
      try {
        await loop.work(index)
      } catch (thrown) {
        now.failure ??= { thrown }
        return
      }
      if (now.closed) return
      now.lastEndMs = performance.now()
      latenciesMs.push(now.lastEndMs - begunMs)
    }
  }
  const atLeast = async (ms: number, count: number): Promise<void> => {
    await sleep(ms)
    while (latenciesMs.length < count && !now.failure) await sleep(lookEveryMs)
  }
  const lanes = Promise.all(Array.from({ length: concurrency }, (_, index) => lane(index)))
  await atLeast(loop.warmUpMs, concurrency)
  loop.onOpen?.()
  const opened = { atMs: now.lastEndMs, count: latenciesMs.length }
  await atLeast(loop.windowMs, opened.count + concurrency)
  now.closed = true
  const elapsedMs = now.lastEndMs - opened.atMs
  loop.onClose?.()
  await lanes
  if (now.failure) throw now.failure.thrown
  const counted = latenciesMs.slice(opened.count)
  return { count: counted.length, elapsedMs, latenciesMs: counted }
}

/** Does `count` pieces of work, `concurrency` at a time. */
export async function runEach(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
