import { setImmediate as nextRound } from 'node:timers/promises'
import type { Choices } from './choices.ts'
import { seldom } from './choices.ts'

/** Somebody who waits for a turn: which process, and what it is about to do. */
export interface Turn {
  readonly owner: string
  readonly label: string
  /** Lets it go on. */
  readonly go: () => void
  /** Position in the order of turns; a turn that is held back has a later one. */
  readonly place: number
}

/**
 * Decides every interleaving of a simulation: whoever touches the bus waits for its turn. First
 * come, first served, but some are held back while others overtake them. A process that crashed
 * gets no more turns, so whatever it was doing never goes on: it has crashed between exactly these
 * two awaits.
 */
export class Turns {
  private readonly choices: Choices
  private readonly hold: ReturnType<typeof seldom>
  private readonly waiting: Turn[] = []
  private readonly dead = new Set<string>()
  private readonly suspended = new Set<string>()
  private place = 0
  /** Who went, and where: two runs of one seed have equal traces. */
  readonly trace: string[] = []

  /** `rate`: how often somebody is held back; `longest`: by how many places at most. */
  constructor(choices: Choices, { rate, longest }: { rate: number; longest: number }) {
    this.choices = choices
    this.hold = seldom(rate, longest)
  }

  /** Resolves when it is this one's turn; never, once its owner has crashed. */
  turn(owner: string, label: string): Promise<void> {
    return new Promise((go) => {
      if (this.dead.has(owner)) return
      const back = this.choices.choose(`hold ${owner} ${label}`, this.hold)
      this.waiting.push({ owner, label, go, place: ++this.place + back })
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

  isSuspended(owner: string): boolean {
    return this.suspended.has(owner)
  }

  /** Takes the next one out of the queue. Undefined: nobody waits who may. */
  take(): Turn | undefined {
    let found = -1
    for (const [index, one] of this.waiting.entries()) {
      if (this.suspended.has(one.owner)) continue
      if (found < 0 || one.place < this.waiting[found]!.place) found = index
    }
    if (found < 0) return undefined
    const [chosen] = this.waiting.splice(found, 1)
    this.trace.push(`${chosen!.owner} ${chosen!.label}`)
    return chosen
  }

  /** Lets every promise reaction run that can run. No time passes, on no clock. */
  async settle(): Promise<void> {
    await nextRound()
  }
}
