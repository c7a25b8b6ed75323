import type { Process, World } from './world.ts'

/** The slices that a process owns now. */
export function slicesOf(process: Process): string[] {
  return process.host.owned().map(({ type, partition }) => `${type}.${partition}`)
}

/**
 * Waits until every slice of two machines has one owner, and the shares differ by at most one per
 * machine.
 */
export async function spread(
  world: World,
  partitions: number,
  processes: Process[],
): Promise<void> {
  const isSpread = (): boolean => {
    const all = processes.flatMap(slicesOf)
    const shares = processes.map((process) => slicesOf(process).length)
    return (
      all.length === 2 * partitions &&
      new Set(all).size === all.length &&
      Math.max(...shares) - Math.min(...shares) <= 2
    )
  }
  const settled = async (): Promise<void> => {
    // Placement is told by the store, and so is this.
    while (!isSpread()) {
      const wake = Promise.withResolvers<void>()
      const known = (await world.bus.keyValue.keys('cell', 'host.')).length
      let noticed = 0
      // The present entries come first, then the next heartbeat.
      const watching = await world.bus.keyValue.watch('cell', 'host.', () => {
        if (++noticed > known) wake.resolve()
      })
      await wake.promise
      await watching.stop()
    }
  }
  await world.settle(settled())
}
