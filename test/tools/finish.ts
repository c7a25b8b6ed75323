import type { VirtualClock } from '../../src/contracts/clock.ts'

/** Enough turns for everything that waits for no timer to come to rest. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
}

/** Lets time pass from deadline to deadline until the promise settles. */
export async function finish<T>(clock: VirtualClock, running: Promise<T>): Promise<T> {
  let over = false
  const mark = (): void => void (over = true)
  running.then(mark, mark)
  await reach(clock, () => over)
  return running
}

/** Lets time pass from deadline to deadline until it is so. */
export async function reach(clock: VirtualClock, isSo: () => boolean): Promise<void> {
  for (;;) {
    await rest()
    if (isSo()) return
    const deadlineMs = clock.nextDeadline()
    if (deadlineMs === undefined) throw new Error('nothing is left that could end this')
    clock.advance(Math.max(0, deadlineMs - clock.now()))
  }
}
