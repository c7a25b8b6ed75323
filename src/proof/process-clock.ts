import type { CancelTimer, Clock } from '../contracts/clock.ts'

/**
 * The clock of one simulated process: it may differ from the true one, jump, and stand still while
 * the process is suspended. What was due meanwhile fires when it goes on; nothing after its death.
 */
export class ProcessClock implements Clock {
  private readonly base: Clock
  private offsetMs: number
  private state: 'running' | 'suspended' | 'dead' = 'running'
  private overdue: (() => void)[] = []

  constructor(base: Clock, offsetMs = 0) {
    this.base = base
    this.offsetMs = offsetMs
  }

  now(): number {
    return this.base.now() + this.offsetMs
  }

  /** As with a real timer, what counts is how long it is until then as the clock stands now. */
  at(deadlineMs: number, fire: () => void): CancelTimer {
    let isCancelled = false
    const due = (): void => {
      if (isCancelled || this.state === 'dead') return
      if (this.state === 'suspended') this.overdue.push(due)
      else fire()
    }
    const cancel = this.base.at(deadlineMs - this.offsetMs, due)
    return () => {
      isCancelled = true
      cancel()
    }
  }

  /** Sets how far it is from the true time. */
  set(offsetMs: number): void {
    this.offsetMs = offsetMs
  }

  suspend(): void {
    if (this.state === 'running') this.state = 'suspended'
  }

  resume(): void {
    if (this.state !== 'suspended') return
    this.state = 'running'
    for (const fire of this.overdue.splice(0)) fire()
  }

  kill(): void {
    this.state = 'dead'
    this.overdue = []
  }
}
