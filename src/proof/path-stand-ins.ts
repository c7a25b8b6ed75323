import type { AgentDefinition } from '../actors/definition.ts'
import type { Completion, Performer } from '../actors/performer.ts'
import type { Source } from '../actors/source.ts'

/** An action that the host has executed. */
export interface Acted {
  readonly name: string
  readonly params: unknown
}

/**
 * What stands in for code that the host of an agent would run in place: promise sources, memory and
 * side effects. A source waits until it is told how it ends; a side effect is noted and does nothing.
 */
export class PathStandIns {
  /** Same chart and contracts, nothing of the user's behind them. */
  readonly definition: AgentDefinition
  readonly performers: readonly Performer[]
  private readonly running = new Map<string, (completion: Completion) => void>()
  private readonly acted = new Map<string, Acted>()

  constructor(definition: AgentDefinition) {
    const { original, sideEffects } = definition
    const actions = Object.fromEntries(
      [...sideEffects].map((name) => [name, this.action(name)] as const),
    )
    const implementations = { ...original.implementations, actions }
    this.definition = {
      ...definition,
      sources: new Map([...definition.sources].map(([src, one]) => [src, this.source(one)])),
      original: Object.create(original, { implementations: { value: implementations } }) as never,
    }
    this.performers = (['remember', 'recall', 'forget'] as const).map((name) => ({
      kind: 'memory',
      name,
      concurrency: Number.MAX_SAFE_INTEGER,
      ackWaitMs: Number.MAX_SAFE_INTEGER,
      perform: ({ id }) => this.wait(id),
      giveUp: ({ id }) => this.wait(id),
    }))
  }

  /** Whether the host has started the local effect of that identity. */
  isRunning(identity: string): boolean {
    return this.running.has(identity)
  }

  /** How it ends. The identity is that of the spawn. */
  end(identity: string, completion: Completion): void {
    this.running.get(identity)?.(completion)
    this.running.delete(identity)
  }

  /** What was executed under the identity of an effect. */
  actedAs(identity: string): Acted | undefined {
    return this.acted.get(identity)
  }

  private wait(identity: string): Promise<Completion> {
    return new Promise((resolve) => this.running.set(identity, resolve))
  }

  private source(source: Source): Source {
    if (source.kind !== 'promise') return source
    return {
      kind: 'promise',
      run: async ({ self }) => {
        const completion = await this.wait((self as { effectId: string }).effectId)
        if ('error' in completion) throw completion.error
        return completion.output
      },
    }
  }

  private action(name: string) {
    return ({ effectId }: { effectId: string }, params: unknown): void => {
      this.acted.set(effectId, { name, params })
    }
  }
}
