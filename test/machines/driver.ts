import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { assign } from 'xstate'
import type { Effect } from '../../src/contracts/effect.ts'
import type { AgentEvent, NeutralEvent, ParentLink } from '../../src/contracts/event.ts'
import type { StateValue, StoredState } from '../../src/contracts/state.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { StepResult } from '../../src/actors/step.ts'
import { step } from '../../src/actors/step.ts'

/** A machine under test, and which of its transitions the tests have taken so far. */
export interface Walk {
  readonly definition: AgentDefinition
  readonly declared: ReadonlySet<string>
  readonly taken: ReadonlySet<string>
}

/**
 * Registers a machine and puts a recorder in front of the actions of every transition (`on`,
 * `after`, `always`, `onDone`, `onError`). The engine runs these actions exactly when it takes the
 * transition, whichever candidate it was, so nothing about the guards has to be guessed.
 */
export function walkOf(machine: AnyStateMachine): Walk {
  const definition = defineAgent({ machine })
  const declared = new Set<string>()
  const taken = new Set<string>()
  for (const node of nodesOf(definition.machine.root)) {
    for (const [descriptor, candidates] of candidatesOf(node)) {
      for (const [index, transition] of candidates.entries()) {
        const targets = transition.target?.map((target) => target.id).join(', ') ?? '(none)'
        const name = `${node.id} | ${descriptor}[${index}] -> ${targets}`
        declared.add(name)
        const record = assign(() => {
          taken.add(name)
          return {}
        })
        Object.assign(transition, { actions: [record, ...transition.actions] })
      }
    }
  }
  return { definition, declared, taken }
}

/** The transitions that no test has taken. */
export function missed({ declared, taken }: Walk): string[] {
  return [...declared].filter((name) => !taken.has(name))
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

function candidatesOf(node: AnyStateNode): [string, AnyStateNode['always'] & object][] {
  const { always } = node
  return [...node.transitions, ...(always ? [['(always)', always] as const] : [])].map(
    ([descriptor, candidates]) => [descriptor, [...candidates]],
  )
}

/** One run of a machine, folded by hand; its state goes through JSON between two events. */
export class Driver {
  private readonly definition: AgentDefinition
  private readonly address: { type: string; id: string }
  private nowMs = 0
  private last: StepResult

  constructor(definition: AgentDefinition, input?: unknown, parent?: ParentLink) {
    this.definition = definition
    this.address = { type: definition.id, id: 'under-test' }
    const init: NeutralEvent = { kind: 'init', input, ...(parent ? { parent } : {}) }
    this.last = step(definition, undefined, deepFreeze(init), this.at)
  }

  /** Ends a child well; without an incarnation it is the present one. */
  done(childId: string, output?: unknown, incarnation = this.incarnationOf(childId)): this {
    return this.fold({ kind: 'done', childId, incarnation, output })
  }

  error(childId: string, error: object, incarnation = this.incarnationOf(childId)): this {
    const value = { name: 'Error', message: 'refused', ...error }
    return this.fold({ kind: 'error', childId, incarnation, error: value })
  }

  /** Lets time pass up to a timer, by default the only one, and fires it. */
  fire(timerId: string = this.onlyTimer()): this {
    const timer = this.state.timers[timerId]
    if (!timer) throw new Error(`there is no timer ${timerId}`)
    this.nowMs = timer.atMs
    return this.fold({ kind: 'timer', timerId, incarnation: timer.incarnation })
  }

  send(event: AgentEvent): this {
    return this.fold({ kind: 'event', event })
  }

  get state(): StoredState {
    return this.last.next
  }

  get value(): StateValue {
    return this.state.snapshot.value
  }

  get status(): string {
    return this.state.snapshot.status
  }

  get context(): Record<string, unknown> {
    return this.state.snapshot.context
  }

  /** Effects of the last event. */
  get effects(): Effect[] {
    return this.last.effects
  }

  get output(): unknown {
    return this.state.snapshot.output
  }

  get handled(): boolean {
    return this.last.handled
  }

  get stale(): boolean {
    return this.last.stale
  }

  get children(): string[] {
    return Object.keys(this.state.children)
  }

  /** What the child was given. */
  inputOf(childId: string): unknown {
    return this.state.children[childId]?.input
  }

  incarnationOf(childId: string): number {
    const child = this.state.children[childId]
    if (!child) throw new Error(`${childId} is not running; ${this.children.join(', ')} is`)
    return child.incarnation
  }

  /** Milliseconds to each pending timer. */
  get waits(): number[] {
    return Object.values(this.state.timers).map((timer) => timer.atMs - this.nowMs)
  }

  /** The firing of the only pending timer, to be delivered later. */
  get firing(): Extract<NeutralEvent, { kind: 'timer' }> {
    const timerId = this.onlyTimer()
    return { kind: 'timer', timerId, incarnation: this.state.timers[timerId]!.incarnation }
  }

  private get at(): { address: { type: string; id: string }; atMs: number } {
    return { address: this.address, atMs: this.nowMs }
  }

  private onlyTimer(): string {
    const [only, ...others] = Object.keys(this.state.timers)
    if (only === undefined || others.length > 0) throw new Error('there is not exactly one timer')
    return only
  }

  /** Delivers anything, such as a timer or completion that an earlier state asked for. */
  fold(event: NeutralEvent): this {
    const stored = JSON.parse(JSON.stringify(this.state)) as StoredState
    this.last = step(this.definition, deepFreeze(stored), deepFreeze(event), this.at)
    return this
  }
}

/** So that a step that changes its arguments throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}

/** Starts the machine of a walk with an input. */
export function begin(walk: Walk, input: unknown): Driver {
  return new Driver(walk.definition, input)
}
