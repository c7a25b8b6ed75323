import type { AnyStateMachine } from 'xstate'
import { AshlarError } from '../contracts/error.ts'
import { findNonJson } from '../contracts/json.ts'
import { checkFunction, collectFunctions } from './check-functions.ts'
import { checkInvokeIds } from './check-invoke-ids.ts'
import type { Problem } from './problem.ts'
import { classify } from './source.ts'

/** A machine that cannot run durably. The message lists every problem with the node's path. */
export class RegistrationError extends AshlarError {
  override readonly name = 'RegistrationError'
  readonly problems: readonly Problem[]

  constructor(machine: string, problems: readonly Problem[]) {
    const lines = problems.map(({ path, problem, todo }) => `  ${path}: ${problem}; ${todo}`)
    super('registration', `machine ${machine} cannot be registered:\n${lines.join('\n')}`)
    this.problems = problems
  }
}

/** The parts of a raw state node configuration that the rules look at. */
export interface NodeConfig {
  id?: string
  type?: string
  initial?: unknown
  states?: Record<string, NodeConfig>
  on?: Record<string, unknown>
  after?: Record<string, unknown>
  always?: unknown
  onDone?: unknown
  entry?: unknown
  exit?: unknown
  invoke?: unknown
}

interface InvokeConfig {
  id?: string
  src?: unknown
  systemId?: unknown
  input?: unknown
  onDone?: unknown
  onError?: unknown
  onSnapshot?: unknown
}

interface TransitionConfig {
  guard?: unknown
  actions?: unknown
}

/** What one walk over a machine needs. */
interface Walk {
  machine: AnyStateMachine
  sideEffects: ReadonlySet<string>
  problems: Problem[]
}

/** Part of the address of a child agent. */
const childIdPattern = /^[^\s/]{1,80}$/
const maxIterationsBound = 100_000

/** @throws RegistrationError when any rule of DESIGN §3 is broken */
export function checkMachine(machine: AnyStateMachine, sideEffects: ReadonlySet<string>): void {
  const walk: Walk = { machine, sideEffects, problems: [] }
  const config = machine.config as NodeConfig & { context?: unknown; options?: object }
  const report = (path: string, problem: string, todo: string): void => {
    walk.problems.push({ path, problem, todo })
  }
  if (!config.id) {
    report('(root)', 'the machine has no id', "add `id: 'my-agent'`; journals are kept under it")
  } else if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(config.id)) {
    report('(root)', `the id ${config.id} cannot name mail`, 'use letters, digits, `-` and `_`')
  }
  const { maxIterations } = machine.options as { maxIterations?: number }
  const bounded = 'maxIterations' in (config.options ?? {})
  if (bounded && !(maxIterations! <= maxIterationsBound)) {
    const todo = `set options.maxIterations to at most ${maxIterationsBound}`
    report('(root)', 'an eventless loop could hang the host', todo)
  }
  if (typeof config.context === 'object') {
    const lost = findNonJson(config.context, 'context')
    if (lost) report('(root)', `${lost} is not JSON`, 'keep only JSON in context')
  }
  for (const name of sideEffects) {
    if (typeof machine.implementations.actions[name] !== 'function') {
      report('(sideEffects)', `action ${name} has no implementation`, 'implement it in setup()')
    }
  }
  checkSources(walk)
  checkNode(walk, config, config.id ?? '(machine)')
  checkInvokeIds(walk.problems, machine.root)
  for (const found of collectFunctions(machine)) checkFunction(found, walk.problems)
  if (walk.problems.length > 0) throw new RegistrationError(machine.id, walk.problems)
}

function checkSources({ machine, problems }: Walk): void {
  for (const [src, logic] of Object.entries(machine.implementations.actors)) {
    const source = classify(logic)
    if ('refused' in source) {
      const problem = 'its logic cannot run durably'
      problems.push({ path: `actors.${src}`, problem, todo: source.refused })
    }
  }
}

function checkNode(walk: Walk, node: NodeConfig, path: string): void {
  checkActions(walk, node.entry, `${path}.entry`)
  checkActions(walk, node.exit, `${path}.exit`)
  for (const [event, transition] of Object.entries(node.on ?? {})) {
    if (event === '*') {
      walk.problems.push({
        path: `${path}.on.*`,
        problem: 'a bare wildcard also takes completions and timers',
        todo: 'name the events, or use a prefix such as `order.*`',
      })
    } else if (event.startsWith('xstate.')) {
      walk.problems.push({
        path: `${path}.on.${event}`,
        problem: 'it names an event of the engine',
        todo: 'use onDone, onError or after',
      })
    }
    checkTransitions(walk, transition, `${path}.on.${event}`)
  }
  for (const [delay, transition] of Object.entries(node.after ?? {})) {
    checkDelay(walk, delay, `${path}.after.${delay}`)
    checkTransitions(walk, transition, `${path}.after.${delay}`)
  }
  if (typeof node.initial === 'object') checkTransitions(walk, node.initial, `${path}.initial`)
  checkTransitions(walk, node.always, `${path}.always`)
  checkTransitions(walk, node.onDone, `${path}.onDone`)
  for (const [index, invoke] of list(node.invoke).entries()) {
    checkInvoke(walk, invoke as InvokeConfig, `${path}.invoke[${index}]`)
  }
  for (const [name, below] of Object.entries(node.states ?? {})) {
    checkNode(walk, below, `${path}.${name}`)
  }
}

function checkInvoke(walk: Walk, invoke: InvokeConfig, path: string): void {
  const report = (problem: string, todo: string): void => {
    walk.problems.push({ path, problem, todo })
  }
  if (!invoke.id) report('the invoke has no id', 'give it one that is unique in the machine')
  else if (!childIdPattern.test(invoke.id)) {
    const todo = 'use up to 80 characters without spaces and slashes'
    report(`the invoke id ${invoke.id} cannot name a child`, todo)
  }
  if (invoke.systemId !== undefined) {
    report('systemId names an actor of one process', 'send to `{ address: "type/id" }` instead')
  }
  if (invoke.onSnapshot !== undefined) {
    report('onSnapshot needs a live child', 'let the child send events to its parent')
  }
  if (typeof invoke.src !== 'string') {
    report('src is inline', 'name it in setup({ actors }) and refer to it by that name')
  } else {
    const logic = walk.machine.implementations.actors[invoke.src] as unknown
    if (logic === undefined) {
      report(`src ${invoke.src} has no contract`, 'declare it in setup({ actors })')
    } else {
      checkInDoubt(walk, logic, invoke, path)
    }
  }
  for (const key of ['onDone', 'onError'] as const) {
    checkTransitions(walk, invoke[key], `${path}.${key}`)
  }
}

/** A `once` tool can end in doubt; somebody must have decided what happens then (DESIGN §6). */
function checkInDoubt(walk: Walk, logic: unknown, invoke: InvokeConfig, path: string): void {
  const source = classify(logic)
  if ('refused' in source || source.kind !== 'tool' || source.contract.effect !== 'once') return
  const branches = transitions(invoke.onError)
  if (branches.some((branch) => guardName(branch.guard) === 'inDoubt')) return
  walk.problems.push({
    path: `${path}.onError`,
    problem: `tool ${source.contract.name} runs once and may end in doubt, but no branch handles it`,
    todo: "add an onError branch with the guard `inDoubt` (import { inDoubt } from 'ashlar')",
  })
}

function checkTransitions(walk: Walk, config: unknown, path: string): void {
  for (const [index, transition] of transitions(config).entries()) {
    const at = list(config).length > 1 ? `${path}[${index}]` : path
    checkActions(walk, transition.actions, `${at}.actions`)
    for (const name of guardNames(transition.guard)) {
      if (walk.machine.implementations.guards[name] !== undefined) continue
      const problem = `guard ${name} is not implemented`
      walk.problems.push({ path: at, problem, todo: 'implement it in setup({ guards })' })
    }
  }
}

function checkDelay(walk: Walk, delay: string, path: string): void {
  if (/^\d+$/.test(delay) || walk.machine.implementations.delays[delay] !== undefined) return
  walk.problems.push({
    path,
    problem: `delay ${delay} is not implemented`,
    todo: 'implement it in setup({ delays })',
  })
}

function checkActions(walk: Walk, config: unknown, path: string): void {
  for (const action of list(config)) {
    if (typeof action === 'function') {
      checkActionFunction(walk, action as ActionFunction, path)
      continue
    }
    const name = typeof action === 'string' ? action : (action as { type: string }).type
    const implementation = walk.machine.implementations.actions[name] as unknown
    if (implementation === undefined) {
      const problem = `action ${name} is not implemented`
      walk.problems.push({ path, problem, todo: 'implement it in setup({ actions })' })
    } else if (isBuiltIn(implementation)) {
      checkActionFunction(walk, implementation, `${path}(${name})`)
    } else if (!walk.sideEffects.has(name)) {
      walk.problems.push({
        path,
        problem: `action ${name} does something outside the machine, but is not declared`,
        todo: 'list it in sideEffects (it then runs at least once) or move the work into a tool',
      })
    }
  }
}

type ActionFunction = {
  resolve?: unknown
  type?: string
  src?: unknown
  id?: unknown
  systemId?: unknown
}

function isBuiltIn(action: unknown): action is ActionFunction {
  return typeof action === 'function' && 'resolve' in action
}

function checkActionFunction(walk: Walk, action: ActionFunction, path: string): void {
  if (!isBuiltIn(action)) {
    walk.problems.push({
      path,
      problem: 'an inline action can have side effects that nobody declared',
      todo: 'name it in setup({ actions }) and list it in sideEffects, or move it into a tool',
    })
    return
  }
  if (action.type !== 'xstate.spawnChild') return
  if (action.systemId !== undefined) {
    const problem = 'systemId names an actor of one process'
    walk.problems.push({ path, problem, todo: 'send to `{ address: "type/id" }` instead' })
  }
  if (typeof action.src !== 'string') {
    const todo = 'name it in setup({ actors }) and spawn it by that name'
    walk.problems.push({ path, problem: 'spawnChild has an inline source', todo })
  }
  if (action.id === undefined) {
    walk.problems.push({ path, problem: 'spawnChild has no id', todo: 'give it an explicit id' })
  }
}

function list(config: unknown): unknown[] {
  if (config === undefined || config === null) return []
  return Array.isArray(config) ? config : [config]
}

function transitions(config: unknown): TransitionConfig[] {
  return list(config).map((item) => (typeof item === 'string' ? {} : (item as TransitionConfig)))
}

/** The named guards of a guard, also inside `and`, `or` and `not`. */
function guardNames(guard: unknown): string[] {
  const name = guardName(guard)
  if (name !== undefined) return [name]
  const { guards } = (guard ?? {}) as { guards?: unknown }
  return Array.isArray(guards) ? guards.flatMap(guardNames) : []
}

function guardName(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'object' && guard !== null) return (guard as { type: string }).type
  return undefined
}
