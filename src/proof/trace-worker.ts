import { WorkHost } from '../actors/work-host.ts'
import { silentLogger } from '../actors/logger.ts'
import type { Bus } from '../bus/bus.ts'
import type { Clock, VirtualClock } from '../contracts/clock.ts'
import { virtualClock } from '../contracts/clock.ts'
import type { AnyDecision, Answer } from '../contracts/decision.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { decodeEnvelope } from '../contracts/envelope.ts'
import type { AnyTool, Reconciled } from '../contracts/tool.ts'
import type { Work } from '../contracts/work.ts'
import { decodeWork } from '../contracts/work.ts'
import type { CallProbes, Connection, TraceGround } from './trace-ground.ts'
import type { Signal } from './signal.ts'

/** Where the statechart of a call waits for the player. */
export type GateStep =
  | 'recordIntent'
  | 'intent is recorded'
  | 'execute'
  | 'reconcile'
  | 'recordOutcome'
  | 'outcome is recorded'
  | 'decide'

interface Gate {
  readonly step: GateStep
  /** Of an execution. */
  readonly attempt: number
  /** What is behind the gate, as of the access to the ledger. */
  readonly value: unknown
  resolve(value: unknown): void
  reject(thrown: unknown): void
}

/** After this silence of a worker the broker hands its call to another, in ms. */
export const ackWaitMs = 500

/** Longer than any execution may take, in ms: a year. */
const longMs = 365 * 24 * 3_600_000

/**
 * A process that serves one tool or decision, with the production code: work host, statechart of the
 * call, ledger. It takes one call at a time, and stops at every place where the call waits for
 * something outside, until the player says what comes of it.
 */
export class TraceWorker implements CallProbes {
  /** What it has taken off the queue. */
  work: Work | undefined
  gate: Gate | undefined
  /** Its answer is posted; the call is still on the queue. */
  isAnswered = false
  isDead = false
  hasBegun = false
  /** Executions that its statechart has begun. */
  attempt = 0
  /** The intent in the ledger is its own. */
  owns = false
  /** Counts what its statechart has done. */
  moves = 0
  private isRefused = false
  private readonly startMs: number
  private readonly time: VirtualClock
  /** How far its clock is ahead, in ms. */
  private aheadMs = 0
  private host: WorkHost | undefined
  private readonly begun = Promise.withResolvers<void>()
  private readonly acked = Promise.withResolvers<void>()
  private readonly signal: Signal
  private readonly onReply: (reply: Envelope) => void
  private connection: Connection | undefined

  constructor(signal: Signal, onReply: (reply: Envelope) => void, startMs: number) {
    this.signal = signal
    this.onReply = onReply
    this.startMs = startMs
    this.time = virtualClock(startMs)
  }

  get clock(): Clock {
    const { time } = this
    return {
      now: () => time.now() + this.aheadMs,
      at: (deadlineMs, fire) => {
        const cancel = time.at(deadlineMs - this.aheadMs, fire)
        this.moved()
        return cancel
      },
    }
  }

  /** Only a timer of its statechart is pending. */
  get isWaiting(): boolean {
    return !this.gate && !this.isAnswered && this.time.nextDeadline() !== undefined
  }

  async serve(ground: TraceGround, part: AnyTool | AnyDecision): Promise<void> {
    const connection = await ground.connect('worker')
    this.connection = connection
    const bus = this.watch(connection.bus)
    const performer =
      part.kind === 'tool'
        ? ground.toolPerformer(this.standIn(part), bus, this)
        : ground.decisionPerformer(this.decided(part), bus, this)
    const face = { ...performer, concurrency: 1, ackWaitMs }
    const { clock } = ground
    this.host = new WorkHost({ bus, clock, log: silentLogger, performer: face })
    await this.host.start()
  }

  refusal(): string | undefined {
    return this.isRefused ? 'it is not admitted' : undefined
  }

  async around<T>(step: 'recordIntent' | 'recordOutcome', run: () => Promise<T>): Promise<T> {
    await this.hold(step)
    const result = await run()
    await this.hold(step === 'recordIntent' ? 'intent is recorded' : 'outcome is recorded', result)
    return result
  }

  /** Lets it begin with what it has taken. */
  begin(isRefused = false): void {
    this.hasBegun = true
    this.isRefused = isRefused
    this.begun.resolve()
  }

  /** Opens the gate with what comes of it. */
  open(value?: unknown): void {
    const { gate } = this
    this.gate = undefined
    gate?.resolve(value)
  }

  fail(thrown: unknown): void {
    const { gate } = this
    this.gate = undefined
    gate?.reject(thrown)
  }

  /** Fires the next timer of its statechart; what it waited for stays without an answer. */
  fire(): void {
    this.gate = undefined
    this.time.advance(this.time.nextDeadline()! - this.time.now())
  }

  /**
   * What the ledger holds of time is when an execution was begun, and all begin at one time here:
   * `late`: every earlier one must be over by now.
   */
  tellTime(when: 'inTime' | 'late'): void {
    const nowMs = when === 'late' ? this.startMs + longMs : this.startMs
    this.aheadMs = nowMs - this.time.now()
  }

  /** The call is taken off the queue, and the process takes no other one. */
  acknowledge(): void {
    void this.host?.stop()
    this.acked.resolve()
  }

  async die(): Promise<void> {
    this.isDead = true
    await this.connection?.drop()
  }

  private hold(step: GateStep, value?: unknown, attempt = 0): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.gate = { step, attempt, value, resolve, reject }
      this.moved()
    })
  }

  private moved(): void {
    this.moves++
    this.signal.wake()
  }

  private standIn(tool: AnyTool): AnyTool {
    const { reconcile } = tool
    return {
      ...tool,
      execute: (_input: unknown, { attempt }: { attempt: number }) => {
        this.attempt = attempt
        return this.hold('execute', undefined, attempt)
      },
      ...(reconcile
        ? { reconcile: () => this.hold('reconcile') as Promise<Reconciled<unknown>> }
        : {}),
    }
  }

  private decided(decision: AnyDecision): AnyDecision {
    const decide = (): Promise<Answer> => this.hold('decide') as Promise<Answer>
    return { ...decision, deciders: [{ name: 'trace', decide }] }
  }

  /** The bus of the process: what it takes and what it posts goes through the player's hands. */
  private watch(bus: Bus): Bus {
    const nothing = { stop: () => Promise.resolve() }
    return {
      ...bus,
      work: {
        ...bus.work,
        consume: (queue, options, handle) =>
          bus.work.consume(queue, options, async (item) => {
            this.work = decodeWork(item.body)
            this.moved()
            await this.begun.promise
            const verdict = await handle(item)
            this.isAnswered = true
            this.moved()
            await this.acked.promise
            return verdict
          }),
      },
      mailbox: {
        ...bus.mailbox,
        // What a dead process still has in memory reaches nobody.
        post: (_to, body) => {
          if (this.isDead) return new Promise<never>(() => undefined)
          this.onReply(decodeEnvelope(body))
          return Promise.resolve({ seq: 0, duplicate: false })
        },
      },
      // Notices may be lost, and here all of them are: a call that nobody waits for goes on.
      wire: { ...bus.wire, listen: () => Promise.resolve(nothing) },
    }
  }
}
