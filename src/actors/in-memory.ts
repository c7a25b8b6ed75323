import type { Clock } from '../contracts/clock.ts'
import type { Effect, SpawnEffect } from '../contracts/effect.ts'
import { AshlarError, toErrorValue } from '../contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import { copyJson, findNonJson } from '../contracts/json.ts'
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
  /** When it aborts the machine gets the event CANCEL; before it begins: ahead of its sources. */
  signal?: AbortSignal
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
  const { input, signal } = options
  const cancel: NeutralEvent = { kind: 'event', event: { type: 'CANCEL' } }
  const onAbort = (): void => runner.deliver(cancel)
  signal?.addEventListener('abort', onAbort)
  runner.deliver({ kind: 'init', input }, ...(signal?.aborted ? [cancel] : []))
  // A signal may outlive many runs.
  const forget = (): void => signal?.removeEventListener('abort', onAbort)
  runner.output.then(forget, forget)
  return { output: runner.output, send: (event) => runner.deliver({ kind: 'event', event }) }
}

class Runner {
  readonly output: Promise<unknown>
  private readonly finish = Promise.withResolvers<unknown>()
  private readonly aborts = new Map<number, AbortController>()
  private readonly timers = new Map<number, () => void>()
  private readonly queue: NeutralEvent[] = []
  private spawns: SpawnEffect[] = []
  private busy = false
  private state: StoredState | undefined
  private readonly definition: AgentDefinition
  private readonly options: InMemoryOptions

  constructor(definition: AgentDefinition, options: InMemoryOptions) {
    this.definition = definition
    this.options = options
    this.output = this.finish.promise
  }

  deliver(...events: NeutralEvent[]): void {
    this.queue.push(...events)
    if (this.busy) return
    this.busy = true
    try {
      while (this.advance());
    } catch (thrown) {
      // Completions come from promise reactions, where a throw would end the process.
      this.finish.reject(thrown)
    } finally {
      this.busy = false
    }
  }

  /** Events come first: one of them may leave what has been asked for before it begins. */
  private advance(): boolean {
    const event = this.queue.shift()
    if (event) {
      this.fold(event)
      return true
    }
    const spawn = this.spawns.shift()
    if (spawn) this.start(spawn)
    return spawn !== undefined
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
    this.spawns = []
    const text = `${this.definition.id} ended in error: ${reason}`
    this.finish.reject(new AshlarError('machine-failed', text))
  }

  private execute(effect: Effect): void {
    switch (effect.kind) {
      case 'spawn':
        this.spawns.push(effect)
        return
      case 'stop':
        this.spawns = this.spawns.filter(({ incarnation }) => incarnation !== effect.incarnation)
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

  private start({ id: childId, incarnation, src, input }: SpawnEffect): void {
    const abort = new AbortController()
    this.aborts.set(incarnation, abort)
    const handler = this.options.handlers[src]
    const fail = (thrown: unknown): void =>
      this.deliver({ kind: 'error', childId, incarnation, error: toErrorValue(thrown) })
    try {
      if (!handler) throw new Error(`no handler for source ${src}`)
      const output = handler(copyJson(input) as never, abort.signal)
      if (!isThenable(output)) return this.end(childId, incarnation, output)
      output.then((value) => this.end(childId, incarnation, value), fail)
    } catch (thrown) {
      fail(thrown)
    }
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
