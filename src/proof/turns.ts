import { setImmediate as nextRound } from 'node:timers/promises'
import type { Random } from '../contracts/random.ts'

interface Waiting {
  owner: string
  label: string
  go: () => void
}

/**
 * Decides every interleaving of a simulation: whoever touches the bus waits for its turn, and the
 * seed says who is next. A process that crashed gets no more turns, so whatever it was doing never
 * goes on: it has crashed between exactly these two awaits.
 */
export class Turns {
  private readonly random: Random
  private readonly waiting: Waiting[] = []
  private readonly dead = new Set<string>()
  private readonly suspended = new Set<string>()
  /** Who went, and where: two runs of one seed have equal traces. */
  readonly trace: string[] = []

  constructor(random: Random) {
    this.random = random
  }

  /** Resolves when it is this one's turn; never, once its owner has crashed. */
  turn(owner: string, label: string): Promise<void> {
    return new Promise((go) => {
      if (!this.dead.has(owner)) this.waiting.push({ owner, label, go })
    })
  }

  crash(owner: string): void {
    this.dead.add(owner)
    this.trace.push(`${owner} crashes`)
    const alive = this.waiting.filter((one) => one.owner !== owner)
    this.waiting.splice(0, this.waiting.length, ...alive)
  }

  /** Suspends a process: it gets no turn until it is resumed, while others and time go on. */
  suspend(owner: string): void {
    this.suspended.add(owner)
    this.trace.push(`${owner} is suspended`)
  }

  resume(owner: string): void {
    if (this.suspended.delete(owner)) this.trace.push(`${owner} resumes`)
  }

  /** Lets one of the waiting go. False: nobody waits who may. */
  next(): boolean {
    const able = this.waiting.filter(({ owner }) => !this.suspended.has(owner))
    const chosen = able[Math.floor(this.random.next() * able.length)]
    if (!chosen) return false
    this.waiting.splice(this.waiting.indexOf(chosen), 1)
    this.trace.push(`${chosen.owner} ${chosen.label}`)
    chosen.go()
    return true
  }

  /** Lets every promise reaction run that can run. No time passes, on no clock. */
  async settle(): Promise<void> {
    await nextRound()
  }
}
