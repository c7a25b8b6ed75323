import type { DecisionContract } from '../contracts/decision.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { ToolContract } from '../contracts/tool.ts'
import type { Source } from '../actors/source.ts'
import type { Call } from './call.ts'
import type { Cast } from './cast.ts'
import { examplesOf } from './examples.ts'
import type { Ending } from './move.ts'
import type { CallModel } from './world.ts'

/** One way in which an execution may end, and what it leaves outside. */
export interface Outcome {
  readonly ending: Ending
  /** State of what is outside afterwards. */
  readonly outside: number
  readonly tookEffect: boolean
  /** Of one that took effect: what the outside system would answer under the same key. */
  readonly answer: number
}

/** What a decision comes to, and the completion that tells the agent. */
export type Choice = { readonly event: number } & (
  | { readonly option: AgentEvent }
  | { readonly error: ErrorValue }
)

/** So many examples stand for all outputs or options that nobody has modelled. */
const examplesMost = 3

/** What calls and decisions may come to, computed once for each thing they depend on. */
export class Outcomes<Outside = unknown> {
  private readonly cast: Cast<Outside>
  private readonly known = new Map<string, readonly Outcome[]>()
  private readonly chosen = new Map<number, Map<number, readonly Choice[]>>()
  private readonly examples = new Map<object, readonly unknown[]>()

  constructor(cast: Cast<Outside>) {
    this.cast = cast
  }

  /** Answers and failures of the system outside; whether the answer arrives is another matter. */
  of(call: Call, outside: number): readonly Outcome[] {
    const { target, input, answer, owner, src, kind } = call
    const key = `${kind} ${target} ${src} ${outside} ${input} ${answer} ${owner}`
    const known = this.known.get(key)
    if (known) return known
    const outcomes = this.compute(call, outside)
    this.known.set(key, outcomes)
    return outcomes
  }

  /** What a decision may come to, in this state of what is outside. */
  choices(id: number, outside: number): readonly Choice[] {
    let byOutside = this.chosen.get(id)
    if (!byOutside) this.chosen.set(id, (byOutside = new Map()))
    const known = byOutside.get(outside)
    if (known) return known
    const call = this.cast.calls.at(id)
    const at = { childId: call.childId, incarnation: 0 }
    const choices: Choice[] = [
      ...this.options(call, outside).map((option) => ({
        option,
        event: this.cast.eventOf({ kind: 'done', ...at, output: option }),
      })),
      ...decisionFailures(call.target).map((error) => ({
        error,
        event: this.cast.eventOf({ kind: 'error', ...at, error }),
      })),
    ]
    byOutside.set(outside, choices)
    return choices
  }

  private options(call: Call, outside: number): readonly AgentEvent[] {
    const { target, input, offered } = call
    const { world, values, outside: states } = this.cast
    const model = world.decisions?.[target]
    const all = model
      ? model({ outside: states.at(outside), input: values.at(input) as never, offered })
      : (this.examplesFor(call) as AgentEvent[])
    return all.filter(({ type }) => offered.includes(type))
  }

  private compute(call: Call, outside: number): readonly Outcome[] {
    const { values, outside: states, players, world } = this.cast
    const isKept = call.answer > 0 && !this.ignoresKey(call)
    if (isKept) {
      const output = unwrapped(values.at(call.answer))
      return [
        { ending: { kind: 'answers', output }, outside, tookEffect: false, answer: call.answer },
      ]
    }
    const model = this.modelOf(call)
    const earlier = call.answer > 0 ? { output: unwrapped(values.at(call.answer)) } : undefined
    const so = { outside: states.at(outside), input: values.at(call.input) as never, earlier }
    const executions = model({ ...so, agent: players.at(call.owner).agent })
    return executions.map((execution): Outcome => {
      const after =
        execution.outside === undefined
          ? outside
          : states.of(world.abstractOutside?.(execution.outside) ?? execution.outside)
      if ('error' in execution) {
        const tookEffect = after !== outside
        const message = execution.error.message ?? 'it failed'
        const isTerminal = execution.error.disposition === 'terminal'
        return {
          ending: { kind: 'fails', message, isTerminal, tookEffect },
          outside: after,
          tookEffect,
          // It is known under its key as well, whatever it said.
          answer: tookEffect ? values.of({}) : 0,
        }
      }
      const { output } = execution
      const answer = values.of({ output })
      const ending = { kind: 'answers' as const, output }
      return { ending, outside: after, tookEffect: call.effect !== 'read', answer }
    })
  }

  private ignoresKey(call: Call): boolean {
    return call.effect !== 'idempotent' || this.cast.world.tools?.[call.target]?.ignoresKey === true
  }

  private modelOf(call: Call): CallModel<Outside> {
    const { tools, memory, promises } = this.cast.world
    const { kind, target, src } = call
    const own =
      kind === 'tool'
        ? tools?.[target]?.execute
        : kind === 'memory'
          ? memory?.[target as 'recall']
          : promises?.[src]
    return own ?? (() => this.examplesFor(call).map((output) => ({ output })))
  }

  private examplesFor(call: Call): readonly unknown[] {
    const source = this.sourceOf(call)
    if (source?.kind === 'tool') return this.outputs(source.contract, source.contract.output, call)
    if (source?.kind === 'decision')
      return this.outputs(source.contract, source.contract.options, call)
    if (source?.kind !== 'memory') return [undefined]
    return { recall: [[]], remember: [{ kind: 'remembered', version: 1 }], forget: [1] }[
      source.contract.name
    ]
  }

  private outputs(
    contract: ToolContract<never, never> | DecisionContract<never>,
    schema: Parameters<typeof examplesOf>[0],
    { target }: Call,
  ): readonly unknown[] {
    const known = this.examples.get(contract)
    if (known) return known
    const most =
      contract.kind === 'tool' ? examplesMost : contract.optionTypes.length * examplesMost
    const found = examplesOf(schema, `the output of ${target}`, { most })
    this.examples.set(contract, found)
    return found
  }

  private sourceOf({ owner, src }: Call): Source | undefined {
    return this.cast.players.at(owner).definition.sources.get(src)
  }

  /** The terms of a tool's contract. */
  contractOf(call: Call): { contract: ToolContract<never, never> } {
    const source = this.sourceOf(call)
    if (source?.kind !== 'tool') throw new Error(`${call.target} is no tool`)
    return source
  }

  /** What a call that nobody served or that failed for good says. */
  failure(call: Call, message: string): ErrorValue {
    const { kind, target } = call
    if (kind === 'promise') return toErrorValue(new Error(message))
    if (kind === 'memory') return { name: 'MemoryFailure', kind: 'failed', message }
    const { attempts } = this.cast.bounds
    return { name: 'ToolFailure', kind: 'failed', tool: target, attempts, message }
  }
}

function unwrapped(answer: unknown): unknown {
  return (answer as { output?: unknown }).output
}

function decisionFailures(decision: string): ErrorValue[] {
  const base = { name: 'DecisionFailure', decision }
  return [
    { ...base, kind: 'abstained', message: `nobody decided ${decision}` },
    { ...base, kind: 'abstained', isExhausted: true, message: `no budget for ${decision}` },
  ]
}
