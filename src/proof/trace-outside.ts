import type { StoredState } from '../contracts/state.ts'
import type { Executed } from './occurrence.ts'
import type { RealCall } from './trace-call.ts'
import { DivergedError } from './trace-play.ts'
import type { ModelChoice } from './trace-walk.ts'
import { modelOf, same } from './trace-walk.ts'
import type { Execution, World } from './world.ts'

/** The caller, as it is when a call is executed. */
export interface Caller {
  readonly state: StoredState | undefined
  readonly isOrphan: boolean
}

/**
 * What is outside of a real run: the state that the world's models give it. It honours idempotency
 * keys as the models promise.
 */
export class Outside<State> {
  state: State
  private readonly world: World<State>
  private readonly note: (executed: Executed<State>) => void

  constructor(world: World<State>, note: (executed: Executed<State>) => void) {
    this.world = world
    this.note = note
    this.state = world.outside ?? (null as State)
  }

  /** Lets a call take effect as the model's move does, and gives what it answers. */
  execute(call: RealCall, choice: ModelChoice, caller: Caller): unknown {
    switch (choice.kind) {
      case 'nothing':
        return undefined
      case 'kept':
        return call.kept?.output
      case 'given':
        return this.apply(call, { output: choice.output }, caller)
      case 'modelled':
        return this.apply(call, this.executionOf(call, choice.index), caller)
    }
  }

  private executionOf(call: RealCall, index: number): Execution<State> {
    const model = modelOf(this.world, call)!
    const { agent, kept: earlier } = call
    const input = call.input as never
    const execution = model({ outside: this.state, input, agent, earlier })[index]
    if (execution) return execution
    const asked = JSON.stringify(call.input)
    throw new DivergedError(`the model of ${call.target} knows no such end for ${asked}`)
  }

  private apply(call: RealCall, execution: Execution<State>, caller: Caller): unknown {
    const before = this.state
    const led = execution.outside
    // What changes nothing leaves the very same state, as in the search.
    const after = led === undefined || same(led, before) ? before : led
    const answers = 'output' in execution
    const output = answers ? execution.output : undefined
    if (call.effect === 'read' || (!answers && after === before)) return output
    this.state = after
    if (answers) call.kept = { output }
    const { target: tool, effect, agent, childId, input } = call
    const count = ++call.count
    const { state, isOrphan } = caller
    const what = { tool, effect, agent, childId, input, output, count }
    this.note({ kind: 'executed', ...what, caller: state, isOrphan, before, after })
    return output
  }
}
