import type { DurableActor } from './durable-actor.ts'
import { actorLimits } from './limits.ts'

/** So many are looked at per message: those that are busy move to the end. */
const looksMax = 8

/**
 * The agents that one host keeps in memory, over all its slices, least recently used first. Beyond
 * `residentAgentsMax` idle ones are dropped; the journal has all that they know.
 */
export class Residents {
  private readonly drops = new Map<DurableActor, () => boolean>()

  get count(): number {
    return this.drops.size
  }

  /** Notes that an agent is being used; `drop` forgets it where it is kept, unless it is busy. */
  use(actor: DurableActor, drop: () => boolean): void {
    this.drops.delete(actor)
    this.drops.set(actor, drop)
    let looks = looksMax
    for (const [eldest, dropEldest] of this.drops) {
      if (this.drops.size <= actorLimits.residentAgentsMax || looks-- === 0) return
      this.drops.delete(eldest)
      if (eldest === actor || !dropEldest()) this.drops.set(eldest, dropEldest)
    }
  }

  /**
   * Drops idle agents down to the bound, eldest first: after a burst no message comes that would.
   * To be called now and then.
   */
  trim(): void {
    for (const [actor, drop] of this.drops) {
      if (this.drops.size <= actorLimits.residentAgentsMax) return
      if (drop()) this.drops.delete(actor)
    }
  }

  leave(actor: DurableActor): void {
    this.drops.delete(actor)
  }
}
