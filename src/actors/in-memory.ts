import type { Clock } from '../contracts/clock.ts'
import type { Effect } from '../contracts/effect.ts'
import { AshlarError, toErrorValue } from '../contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import { findNonJson } from '../contracts/json.ts'
import type { StoredState } from '../contracts/state.ts'
import type { AgentDefinition } from './definition.ts'
import { step } from './step.ts'

/** What runs behind a source; a throw is the child's error. The signal aborts when it is stopped. */
export type SourceHandler = (input: never, signal: AbortSignal) => unknown

export interface InMemoryOptions {
  name: string
  input: unknown
  clock: Clock
  handlers: Readonly<Record<string, SourceHandler>>
  /** Sees every state after the step that led to it. */
  onStep?: (state: StoredState, event: NeutralEvent) => void
}

/** A machine that runs in this process only, its sources supplied as functions. */
export interface InMemoryRun {
  /** The machine's output. @throws AshlarError `machine-failed` when the machine ends in error. */
  readonly output: Promise<unknown>
  send(event: AgentEvent): void
}

/**
 * Runs a machine on the pure step without a journal: what hosts tool calls, decisions and memory
 * operations, whose durable boundary is the work item or the caller's journal.
 */
export function runInMemory(definition: AgentDefinition, options: InMemoryOptions): InMemoryRun {
  const runner = new Runner(definition, options)
  runner.deliver({ kind: 'init', input: options.input })
  return { output: runner.output, send: (event) => runner.deliver({ kind: 'event', event }) }
}

class Runner {
  readonly output: Promise<unknown>
  private readonly finish = Promise.withResolvers<unknown>()
  private readonly aborts = new Map<number, AbortController>()
  private readonly timers = new Map<number, () => void>()
  private readonly queue: NeutralEvent[] = []
  private busy = false
  private state: StoredState | undefined
  private readonly definition: AgentDefinition
  private readonly options: InMemoryOptions

  constructor(definition: AgentDefinition, options: InMemoryOptions) {
    this.definition = definition
    this.options = options
    this.output = this.finish.promise
  }

  deliver(event: NeutralEvent): void {
    this.queue.push(event)
    if (this.busy) return
    this.busy = true
    try {
      for (let next = this.queue.shift(); next; next = this.queue.shift()) this.fold(next)
    } catch (thrown) {
      // Completions come from promise reactions, where a throw would end the process.
      this.finish.reject(thrown)
    } finally {
      this.busy = false
    }
  }

  private fold(event: NeutralEvent): void {
    const address = { type: this.definition.id, id: this.options.name }
    const at = { address, atMs: this.options.clock.now() }
    const result = step(this.definition, this.state, event, at)
    this.state = result.next
    if (!result.stale) this.options.onStep?.(result.next, event)
    for (const effect of result.effects) this.execute(effect)
    if (result.next.snapshot.status === 'error') this.fail(result.next.snapshot.error?.message)
  }

  /** Nobody can resume what no journal holds: what it began is stopped. */
  private fail(reason = 'error'): void {
    for (const abort of this.aborts.values()) abort.abort(new Error('stopped'))
    for (const cancel of this.timers.values()) cancel()
    this.aborts.clear()
    this.timers.clear()
    const text = `${this.definition.id} ended in error: ${reason}`
    this.finish.reject(new AshlarError('machine-failed', text))
  }

  private execute(effect: Effect): void {
    switch (effect.kind) {
      case 'spawn':
        return this.start(effect.id, effect.incarnation, effect.src, effect.input)
      case 'stop':
        this.aborts.get(effect.incarnation)?.abort(new Error('stopped'))
        this.aborts.delete(effect.incarnation)
        return
      case 'schedule': {
        const { id: timerId, incarnation, atMs } = effect
        const fire = (): void => {
          this.timers.delete(incarnation)
          this.deliver({ kind: 'timer', timerId, incarnation })
        }
        this.timers.set(incarnation, this.options.clock.at(atMs, fire))
        return
      }
      case 'cancel':
        this.timers.get(effect.incarnation)?.()
        this.timers.delete(effect.incarnation)
        return
      case 'terminate':
        return this.conclude(effect)
      case 'send':
      case 'emit':
      case 'log':
      case 'action':
      case 'deadLetter':
        return
    }
  }

  private start(childId: string, incarnation: number, src: string, input: unknown): void {
    const abort = new AbortController()
    this.aborts.set(incarnation, abort)
    const handler = this.options.handlers[src]
    const run = async (): Promise<unknown> => {
      if (!handler) throw new Error(`no handler for source ${src}`)
      return handler(input as never, abort.signal)
    }
    run().then(
      (output) => this.end(childId, incarnation, output),
      (thrown: unknown) =>
        this.deliver({ kind: 'error', childId, incarnation, error: toErrorValue(thrown) }),
    )
  }

  /** A result that JSON would change, such as a Response, is an error of whoever gave it. */
  private end(childId: string, incarnation: number, output: unknown): void {
    const lost = output === undefined ? undefined : findNonJson(output, 'result')
    if (lost === undefined) return this.deliver({ kind: 'done', childId, incarnation, output })
    const message = `${lost} is not JSON; return plain data`
    const error = { name: 'ContractError', message, disposition: 'terminal' as const }
    this.deliver({ kind: 'error', childId, incarnation, error })
  }

  private conclude(effect: Extract<Effect, { kind: 'terminate' }>): void {
    if (effect.status === 'done') return this.finish.resolve(effect.output)
    this.fail(effect.error?.message ?? effect.status)
  }
}
