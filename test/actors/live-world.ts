import type { AnyActor, AnyStateMachine } from 'xstate'
import { SimulatedClock, createActor, fromPromise } from 'xstate'
import type { AgentEvent } from '../../src/contracts/event.ts'

interface Pending {
  resolve: (output: unknown) => void
  reject: (error: Error) => void
}

/** The same machine as a live XState actor under XState's own simulated clock. */
export class LiveWorld {
  readonly emitted: AgentEvent[] = []
  private readonly clock = new SimulatedClock()
  private readonly pending = new Map<string, Pending>()
  private readonly actor: AnyActor

  constructor(machine: AnyStateMachine, input?: unknown) {
    const asked = fromPromise<unknown>(
      ({ self }) =>
        new Promise((resolve, reject) => {
          this.pending.set(self.id, { resolve, reject })
        }),
    )
    const provided = machine.provide({ actors: { asked } } as never)
    this.actor = createActor(provided, {
      clock: this.clock,
      input: input as never,
      logger: () => undefined,
    })
    this.actor.on('*', (event) => this.emitted.push(event as AgentEvent))
    // An agent that fails has an error snapshot; XState reports it to observers or to the process.
    this.actor.subscribe({ error: () => undefined })
    this.actor.start()
  }

  get snapshot(): {
    status: string
    value: unknown
    context: unknown
    output: unknown
    children: object
  } {
    return this.actor.getSnapshot() as never
  }

  send(event: AgentEvent): void {
    if (this.snapshot.status === 'active') this.actor.send(event)
  }

  async complete(childId: string, outcome: { output: unknown } | { error: Error }): Promise<void> {
    const child = (this.snapshot.children as Record<string, AnyActor | undefined>)[childId]
    const pending = this.pending.get(childId)
    if (!pending || child?.getSnapshot().status !== 'active') return
    this.pending.delete(childId)
    if ('output' in outcome) pending.resolve(outcome.output)
    else pending.reject(outcome.error)
    // XState passes the outcome on in the promise's own reaction.
    for (let turn = 0; turn < 4; turn++) await Promise.resolve()
  }

  advance(ms: number): void {
    this.clock.increment(ms)
  }

  stop(): void {
    this.actor.stop()
  }
}
