import type { Address } from '../contracts/address.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { ActionEffect, SpawnEffect } from '../contracts/effect.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { StoredState } from '../contracts/state.ts'
import type { AgentDefinition } from './definition.ts'
import type { LocalExecutor } from './delivery.ts'
import type { Logger } from './logger.ts'
import type { Completion, Performer } from './performer.ts'
import { completionEvent } from './performer.ts'

/** What the effects of one agent need from its host. */
export interface LocalEffectsOptions {
  address: Address
  definition: AgentDefinition
  /** What this host runs in place: memory operations, inline tools and decisions. */
  performers: ReadonlyMap<string, Performer>
  log: Logger
  /** The committed context, for side effects. */
  context: () => unknown
  /** What decisions count against. */
  budgets: () => readonly BudgetAccount[]
  onCompletion: (event: NeutralEvent, identity: string) => void
}

/** Key of a performer in a host: `tool search`, `memory recall`. */
export function performerKey(kind: string, name: string): string {
  return `${kind} ${name}`
}

/**
 * The effects of one agent that run in its host's process: promise sources, memory operations and
 * whatever the host performs in place. They run at least once: after a crash the next owner starts
 * those again that the stored state still waits for (I4).
 */
export class LocalEffects implements LocalExecutor {
  private readonly running = new Map<number, AbortController>()
  private readonly options: LocalEffectsOptions

  constructor(options: LocalEffectsOptions) {
    this.options = options
  }

  get count(): number {
    return this.running.size
  }

  runsHere(spawn: Pick<SpawnEffect, 'child' | 'target'>): boolean {
    return spawn.child === 'promise' || this.performer(spawn) !== undefined
  }

  /** Starts what a restored state waits for. */
  resume(state: StoredState): void {
    for (const [id, child] of Object.entries(state.children)) {
      if (child.settled || !child.identity || !this.runsHere(child)) continue
      this.start({ kind: 'spawn', id, ...child }, child.identity)
    }
  }

  start(spawn: SpawnEffect, identity: string): void {
    // A re-delivery finds the effect already running.
    if (this.running.has(spawn.incarnation)) return
    const abort = new AbortController()
    this.running.set(spawn.incarnation, abort)
    void this.run(spawn, identity, abort.signal).then((event) => {
      if (this.running.get(spawn.incarnation) !== abort) return
      this.running.delete(spawn.incarnation)
      this.options.onCompletion(event, `${identity}:end`)
    })
  }

  stop(_childId: string, incarnation: number): void {
    const abort = this.running.get(incarnation)
    this.running.delete(incarnation)
    abort?.abort(new Error('the state that started it was left'))
  }

  /** Aborts everything without a completion: the agent moves to another host. */
  abandon(): void {
    for (const incarnation of this.running.keys()) this.stop('', incarnation)
  }

  refuse(spawn: SpawnEffect, error: ErrorValue): void {
    const { id: childId, incarnation } = spawn
    this.options.onCompletion({ kind: 'error', childId, incarnation, error }, `refused:${childId}`)
  }

  async act(effect: ActionEffect, identity: string): Promise<void> {
    const { definition, log, address } = this.options
    const run = definition.original.implementations.actions[effect.name] as unknown as (
      args: object,
      params: unknown,
    ) => unknown
    const context = effect.context ?? this.options.context()
    try {
      await run({ context, event: effect.event, effectId: identity }, effect.params)
    } catch (thrown) {
      const error = toErrorValue(thrown)
      log.error(
        { agent: address, action: effect.name, effectId: identity, error },
        'side effect failed',
      )
    }
  }

  private performer(spawn: Pick<SpawnEffect, 'child' | 'target'>): Performer | undefined {
    return this.options.performers.get(performerKey(spawn.child, spawn.target ?? ''))
  }

  private async run(
    spawn: SpawnEffect,
    identity: string,
    signal: AbortSignal,
  ): Promise<NeutralEvent> {
    const { id: childId, incarnation } = spawn
    return completionEvent({ childId, incarnation }, await this.perform(spawn, identity, signal))
  }

  private async perform(
    spawn: SpawnEffect,
    identity: string,
    signal: AbortSignal,
  ): Promise<Completion> {
    const performer = this.performer(spawn)
    if (performer) {
      const { address: agent } = this.options
      const { input, offered = [] } = spawn
      const budgets = this.options.budgets()
      return performer.perform({ id: identity, agent, input, offered, budgets }, signal)
    }
    try {
      return { output: await this.runPromise(spawn, identity, signal) }
    } catch (thrown) {
      return { error: toErrorValue(thrown) }
    }
  }

  private async runPromise(
    spawn: SpawnEffect,
    identity: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    const source = this.options.definition.sources.get(spawn.src)
    if (source?.kind !== 'promise') throw new Error(`source ${spawn.src} is not a promise`)
    // XState passes live references here; durably there is only the identity.
    const self = { id: spawn.id, sessionId: identity, effectId: identity }
    const output = await source.run({
      input: spawn.input,
      signal,
      self,
      system: undefined,
      emit: () => undefined,
    })
    return output === undefined ? undefined : (JSON.parse(JSON.stringify(output)) as unknown)
  }
}
