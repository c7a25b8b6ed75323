import type { StoredMsg } from '@nats-io/jetstream'
import type { CancelTimer, Clock } from '../contracts/clock.ts'
import type { MailboxSlice, Running } from './mailbox.ts'
import type { NatsLink } from './nats-link.ts'
import type { Publisher } from './nats-publisher.ts'
import { deleteStored, storedMessages } from './nats-stored.ts'
import type { Subjects } from './subjects.ts'

export interface BackstopParts {
  link: NatsLink
  publisher: Publisher
  subjects: Subjects
  clock: Clock
}

/**
 * The broker is given so long. It is longer than the clocks of two machines may differ, so that no
 * timer comes early by the broker's clock.
 */
const overdueAfterMs = 6_000
const againAfterMs = 1_000
/** Of the timers that are set, so many at most are kept in mind. */
const watchedMax = 256

const headers = { schedule: 'Nats-Schedule', target: 'Nats-Schedule-Target' } as const

/**
 * Fires the timers of one slice that the broker should have fired.
 *
 * At a restart nats-server (2.14.5 still) can lose sight of timers: a stream whose timer is due
 * between the recovery of its store and its being ready fires none again until the next restart,
 * or leaves out the one that was due. Both show as timers that are still stored when they are
 * overdue. All are looked through once after each connect. After that a timer that has been set is
 * looked for when it would be overdue, one for all that are by then: one that is gone has fired,
 * so the broker is at work.
 */
export class Backstop implements Running {
  private readonly parts: BackstopParts
  private readonly slice: MailboxSlice
  private readonly onLate: (count: number) => void
  /** Deadlines by subject. */
  private readonly watched = new Map<string, number>()
  /** When all timers are to be looked through. */
  private allAtMs = Infinity
  private armed: { atMs: number; cancel: CancelTimer } | undefined
  private isStopped = false
  private readonly offStatus: () => void

  constructor(parts: BackstopParts, slice: MailboxSlice, onLate: (count: number) => void) {
    this.parts = parts
    this.slice = slice
    this.onLate = onLate
    this.offStatus = parts.link.onStatus((status) => {
      if (status === 'connected') this.lookThrough()
    })
    this.lookThrough()
  }

  /** A timer of the slice was set. */
  noted(subject: string, atMs: number): void {
    const dueMs = Math.max(atMs, this.parts.clock.now())
    this.watched.set(subject, dueMs)
    if (this.watched.size > watchedMax) this.watched.delete(this.latest())
    this.arm(dueMs + overdueAfterMs)
  }

  cancelled(subject: string): void {
    this.watched.delete(subject)
  }

  private lookThrough(afterMs = overdueAfterMs): void {
    this.allAtMs = this.parts.clock.now() + afterMs
    this.arm(this.allAtMs)
  }

  /** A look under way is not waited for: what it fires is due, whoever owns the slice now. */
  stop(): Promise<void> {
    this.isStopped = true
    this.offStatus()
    this.armed?.cancel()
    return Promise.resolve()
  }

  /** What is due last tells last whether the broker is at work. */
  private latest(): string {
    return [...this.watched].reduce((last, one) => (one[1] > last[1] ? one : last))[0]
  }

  private arm(atMs: number): void {
    if (this.isStopped || atMs === Infinity || (this.armed && this.armed.atMs <= atMs)) return
    this.armed?.cancel()
    const wake = (): void => {
      this.armed = undefined
      void this.look()
    }
    this.armed = { atMs, cancel: this.parts.clock.at(atMs, wake) }
  }

  private async look(): Promise<void> {
    try {
      if (this.isAllDue() || (await this.isOneStored())) await this.fireOverdue()
    } catch {
      // No broker, or none that answers.
      this.lookThrough()
    }
    const earliestMs = Math.min(...this.watched.values())
    this.arm(Math.min(this.allAtMs, earliestMs + overdueAfterMs))
  }

  private isAllDue(): boolean {
    return this.allAtMs <= this.parts.clock.now()
  }

  private async isOneStored(): Promise<boolean> {
    const overdue = [...this.watched].filter(([, atMs]) => this.isOverdue(atMs))
    for (const [subject] of overdue) this.watched.delete(subject)
    const [one] = overdue
    if (!one) return false
    const { link, subjects } = this.parts
    const stored = await link.reach(this.what, () =>
      link.manager.direct.getMessage(subjects.sliceStream(this.slice), { last_by_subj: one[0] }),
    )
    return stored !== null
  }

  private async fireOverdue(): Promise<void> {
    this.allAtMs = Infinity
    const { link, subjects } = this.parts
    const stream = subjects.sliceStream(this.slice)
    let late = 0
    let following: { atMs: number; subject: string } | undefined
    for await (const timer of storedMessages(link, stream, subjects.timerSlice(this.slice))) {
      if (this.isStopped) return
      const atMs = Date.parse(timer.header.get(headers.schedule).replace('@at ', ''))
      if (this.isOverdue(atMs)) {
        await this.fire(stream, timer)
        late++
      } else if (!following || atMs < following.atMs) {
        following = { atMs, subject: timer.subject }
      }
    }
    if (following) this.watched.set(following.subject, following.atMs)
    if (late === 0) return
    this.onLate(late)
    this.lookThrough(againAfterMs)
  }

  private isOverdue(atMs: number): boolean {
    return atMs + overdueAfterMs <= this.parts.clock.now()
  }

  /** As the broker would, in two steps: one that comes twice finds its incarnation gone (I6). */
  private async fire(stream: string, timer: StoredMsg): Promise<void> {
    const { link, publisher } = this.parts
    const { subject, seq, header, data } = timer
    const id = { 'Nats-Msg-Id': `${subject}:overdue:${seq}` }
    await publisher.publishSurely(header.get(headers.target), data, id)
    await link.reach(this.what, () => deleteStored(link, stream, seq))
  }

  private get what(): string {
    return `timers of ${this.slice.type}.${this.slice.partition}`
  }
}
