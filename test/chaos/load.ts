import { playCustomer } from '../../examples/airline-desk/customer.ts'
import type { DeskRef } from '../../examples/airline-desk/customer.ts'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import type { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import type { Run } from '../../examples/airline-desk/domain/load.ts'
import { readRecording } from '../../examples/airline-desk/recording.ts'
import type { Recording } from '../../examples/airline-desk/recording.ts'
import type { Client } from '../../src/actors/client.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { pause } from '../../src/contracts/clock.ts'
import { AshlarError, toErrorValue } from '../../src/contracts/error.ts'
import type { AgentEvent } from '../../src/contracts/event.ts'
import type { Random } from '../../src/contracts/random.ts'

/** Something that a customer said; `unknown`: the send failed, so it may have been stored or not. */
export interface Sent {
  event: AgentEvent
  sentMs: number
  settledMs: number
  outcome: 'accepted' | 'unknown'
}

/** One desk run of the campaign, as the outside saw it. */
export interface Played {
  /** Id of the desk and name of its branch of the database. */
  id: string
  recording: string
  startedMs: number
  /** When the customer saw the desk's end; undefined when the customer gave up. */
  endedMs: number | undefined
  sent: Sent[]
  /** Outages that the customer noticed, as messages. */
  troubles: string[]
}

export interface LoadOptions {
  client: Client
  clock: Clock
  /** Decides how long customers think. */
  random: Random
  conversations: readonly Run[]
  runs: number
  concurrency: number
  /** Begins every id. */
  prefix: string
  /** Longest time a customer thinks before saying something, when nothing hurries it. */
  thinkMaxMs: number
  /** A run that takes longer is given up by its customer; the verdict decides what it is. */
  patienceMs: number
  onEnded: (played: Played) => void
}

const retryMs = 100

/** Customers in parallel, conversation after conversation; a gate says how many may begin. */
export class Load {
  readonly played: Played[] = []
  private readonly options: LoadOptions
  private readonly recordings: Recording[]
  private allowed: number
  private live = 0
  private changed = Promise.withResolvers<void>()
  private hurry = new AbortController()

  constructor(options: LoadOptions, allowed: number = options.runs) {
    this.options = options
    this.allowed = allowed
    this.recordings = options.conversations.map(readRecording)
  }

  /** Runs that have begun and not ended. */
  get running(): number {
    return this.live
  }

  /** Lets runs begin up to this many in all. */
  allow(count: number): void {
    this.allowed = Math.max(this.allowed, count)
    this.wake()
  }

  /** All customers who think speak at once, so that what happens next happens under load. */
  rush(): void {
    const { hurry } = this
    this.hurry = new AbortController()
    hurry.abort(new Error('all at once'))
  }

  /** Waits until a condition on the load holds; it is looked at whenever a run begins or ends. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.changed.promise
  }

  /** Resolves when every run has ended or was given up. */
  async run(): Promise<void> {
    const { concurrency } = this.options
    await Promise.all(Array.from({ length: concurrency }, () => this.customers()))
  }

  private async customers(): Promise<void> {
    const { runs } = this.options
    const mayBegin = (): boolean => this.played.length < Math.min(this.allowed, runs)
    while (this.played.length < runs) {
      // Whoever is woken first takes the place; the others wait for the next.
      if (mayBegin()) await this.one(this.played.length)
      else await this.until(() => mayBegin() || this.played.length >= runs)
    }
  }

  private async one(index: number): Promise<void> {
    const { clock, prefix, patienceMs, onEnded } = this.options
    const recording = this.recordings[index % this.recordings.length]!
    const played: Played = {
      id: `${prefix}-${index + 1}-${recording.name}`,
      recording: recording.name,
      startedMs: clock.now(),
      endedMs: undefined,
      sent: [],
      troubles: [],
    }
    this.played.push(played)
    this.live++
    this.wake()
    const deadlineMs = clock.now() + patienceMs
    // A customer keeps nothing that matters: after an outage another one goes on in its place.
    while (played.endedMs === undefined && clock.now() < deadlineMs) {
      try {
        await this.play(played, recording, deadlineMs)
        played.endedMs = clock.now()
      } catch (thrown) {
        played.troubles.push(toErrorValue(thrown).message)
        if (thrown instanceof AshlarError && thrown.code === 'agent-failed') break
        await pause(clock, retryMs)
      }
    }
    this.live--
    this.wake()
    onEnded(played)
  }

  private async play(played: Played, recording: Recording, deadlineMs: number): Promise<void> {
    const { client, clock } = this.options
    const { id } = played
    const desk = await client.start<typeof deskMachine>(deskAgent, {
      id,
      input: { branch: id, recording: recording.name },
    })
    const timeoutMs = Math.max(1, deadlineMs - clock.now())
    const { signal } = new AbortController()
    await playCustomer(this.noting(desk, played), recording, { timeoutMs, signal })
  }

  /** The desk, with what is said to it written down. */
  private noting(desk: DeskRef, played: Played): DeskRef {
    const { clock, random, thinkMaxMs } = this.options
    return {
      ...desk,
      send: async (event) => {
        await pause(clock, random.next() * thinkMaxMs, this.hurry.signal).catch(() => undefined)
        const sentMs = clock.now()
        const note = (outcome: Sent['outcome']): void => {
          played.sent.push({ event, sentMs, settledMs: clock.now(), outcome })
        }
        try {
          await desk.send(event)
          note('accepted')
        } catch (thrown) {
          note('unknown')
          throw thrown
        }
      },
    }
  }

  private wake(): void {
    this.changed.resolve()
    this.changed = Promise.withResolvers()
  }
}
