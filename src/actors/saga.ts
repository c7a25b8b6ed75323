import type { AnyActorLogic } from 'xstate'
import { assign, setup } from 'xstate'
import type * as z from 'zod'
import { checkMember } from '../contracts/declaration.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { AnyToolContract } from '../contracts/tool.ts'
import { inDoubt } from './in-doubt.ts'
import type { SagaContext, SagaOutput, SagaResults } from './saga-output.ts'
import { sagaOutput } from './saga-output.ts'
import { toolActor } from './source.ts'

/** What the input of a call is made of. `results` are the outputs of the earlier steps, by id. */
export interface SagaArgs<Input> {
  input: Input
  results: SagaResults
}

export interface SagaCompensation<Input> {
  tool: AnyToolContract
  input: (args: SagaArgs<Input>) => unknown
  /**
   * It does no harm when the step did not happen, so it is made for one in doubt as well; `results`
   * then lacks the step. Default: false, and a step in doubt is left to people.
   */
  ifInDoubt?: boolean
}

export interface SagaStep<Input> {
  /** Letters, digits and `_`; the name of its state. */
  id: string
  tool: AnyToolContract
  input: (args: SagaArgs<Input>) => unknown
  /**
   * What undoes it. Default: the tool's own `compensate`. `unneeded` says that there is nothing to
   * undo, as for every `read`; a step without any of these leaves the saga `incomplete` when it
   * would have to be undone.
   */
  compensate?: SagaCompensation<Input> | 'unneeded'
}

export interface SagaOptions<Input> {
  id: string
  version: string
  input: z.ZodType<Input>
  steps: readonly SagaStep<Input>[]
}

/** A step with what undoes it, defaults filled in. */
interface Planned<Input> {
  id: string
  tool: AnyToolContract
  input: (args: SagaArgs<Input>) => unknown
  undo: SagaCompensation<Input> | undefined
  isUndoable: boolean
}

const stepIdPattern = /^[A-Za-z][A-Za-z0-9_]{0,40}$/
const ends = ['committed', 'closing', 'compensated', 'incomplete'] as const

/**
 * A statechart that makes calls one after another and, when one of them fails or `CANCEL` comes,
 * undoes the committed ones in reverse order. An ordinary machine: one state per step (named after
 * it) and per compensation (`undo-` and its name), to be hosted with `defineAgent` or invoked as a
 * child. Being durable, it goes on after a crash where it was; every call carries its identity.
 * @throws InputError when step ids are not unique names or there is no step
 */
// oxlint-disable-next-line typescript/explicit-module-boundary-types
export function defineSaga<Input>(options: SagaOptions<Input>) {
  const { id, version, input: schema, steps } = options
  checkSteps(id, steps)
  const plan = steps.map((step, index) => planned(step, steps.slice(0, index)))
  const actors: Record<string, AnyActorLogic> = {}
  const states: Record<string, object> = {}
  for (const [index, step] of plan.entries()) {
    actors[step.id] = toolActor(step.tool)
    states[step.id] = stepState(plan, index)
    if (!step.undo) continue
    actors[undoOf(step.id)] = toolActor(step.undo.tool)
    states[undoOf(step.id)] = undoState(plan, index, step.undo)
  }
  return setup({
    types: {} as {
      context: SagaContext<Input>
      input: Input
      output: SagaOutput
      events: { type: 'CANCEL' }
    },
    actors: actors as Record<string, never>,
    guards: {
      inDoubt,
      cancelled: ({ context }) => context.cancelled,
      undone: ({ context }) => sagaOutput(context).outcome === 'compensated',
    },
  }).createMachine({
    id,
    version,
    context: ({ input }) => ({
      input: schema.parse(input),
      results: {},
      committed: [],
      undoable: plan.filter(({ isUndoable }) => isUndoable).map((step) => step.id),
      compensated: [],
      failed: null,
      doubtful: [],
      notCompensated: [],
      cancelled: false,
    }),
    initial: plan[0]!.id,
    // The call under way is waited for: stopped, it would be in doubt.
    on: { CANCEL: { actions: assign({ cancelled: true }) } },
    output: ({ context }) => sagaOutput(context),
    states: {
      ...states,
      closing: { always: [{ guard: 'undone', target: 'compensated' }, { target: 'incomplete' }] },
      committed: { type: 'final' },
      compensated: { type: 'final' },
      incomplete: { type: 'final' },
    } as Record<string, object>,
  })
}

type Args<Input> = { context: SagaContext<Input>; event: unknown }

function stepState<Input>(plan: readonly Planned<Input>[], index: number): object {
  const { id, input, undo } = plan[index]!
  const commit = assign(({ context, event }: Args<Input>) => ({
    results: { ...context.results, [id]: (event as { output: unknown }).output ?? null },
    committed: [...context.committed, id],
  }))
  const fail = assign(({ event }: Args<Input>) => ({ failed: { step: id, error: errorIn(event) } }))
  const doubt = assign(({ context, event }: Args<Input>) => ({
    failed: { step: id, error: errorIn(event) },
    doubtful: [...context.doubtful, id],
  }))
  const next = plan[index + 1]?.id ?? 'committed'
  const isUndoneInDoubt = undo?.ifInDoubt === true
  return {
    invoke: {
      id,
      src: id,
      input: ({ context }: { context: SagaContext<Input> }) => input(argsOf(context)),
      onDone: [
        { guard: 'cancelled', target: firstUndo(plan, index), actions: commit },
        { target: next, actions: commit },
      ],
      onError: [
        {
          guard: 'inDoubt',
          target: firstUndo(plan, isUndoneInDoubt ? index : index - 1),
          actions: doubt,
        },
        { target: firstUndo(plan, index - 1), actions: fail },
      ],
    },
  }
}

/** A compensation that fails after its tool's own retries does not keep the others from theirs. */
function undoState<Input>(
  plan: readonly Planned<Input>[],
  index: number,
  undo: SagaCompensation<Input>,
): object {
  const { id } = plan[index]!
  const target = firstUndo(plan, index - 1)
  const done = assign(({ context }: Args<Input>) => ({
    compensated: [...context.compensated, id],
  }))
  const fail = assign(({ context, event }: Args<Input>) => ({
    notCompensated: [...context.notCompensated, { step: id, error: errorIn(event) }],
  }))
  return {
    invoke: {
      id: undoOf(id),
      src: undoOf(id),
      input: ({ context }: { context: SagaContext<Input> }) => undo.input(argsOf(context)),
      onDone: { target, actions: done },
      onError: [
        { guard: 'inDoubt', target, actions: fail },
        { target, actions: fail },
      ],
    },
  }
}

/** Where undoing begins that has come down to this step. */
function firstUndo<Input>(plan: readonly Planned<Input>[], from: number): string {
  const step = plan.slice(0, from + 1).findLast(({ undo }) => undo !== undefined)
  return step ? undoOf(step.id) : 'closing'
}

function undoOf(id: string): string {
  return `undo-${id}`
}

function argsOf<Input>({ input, results }: SagaContext<Input>): SagaArgs<Input> {
  return { input, results }
}

function errorIn(event: unknown): ErrorValue {
  return (event as { error: ErrorValue }).error
}

function planned<Input>(
  step: SagaStep<Input>,
  earlier: readonly SagaStep<Input>[],
): Planned<Input> {
  const { id, tool, input, compensate } = step
  const own = tool.compensate
  /** As the call itself was made: of the steps before it. */
  const inputOf = ({ input: given, results }: SagaArgs<Input>): unknown =>
    input({
      input: given,
      results: Object.fromEntries(earlier.map((one) => [one.id, results[one.id] as unknown])),
    })
  const byTool: SagaCompensation<Input> | undefined = own && {
    tool: own.tool,
    ...(own.ifInDoubt === undefined ? {} : { ifInDoubt: own.ifInDoubt }),
    input: (args) => own.input({ input: inputOf(args), output: args.results[id] }),
  }
  const undo = compensate === 'unneeded' ? undefined : (compensate ?? byTool)
  const isUndoable = undo !== undefined || compensate === 'unneeded' || tool.effect === 'read'
  return { id, tool, input, undo, isUndoable }
}

function checkSteps<Input>(saga: string, steps: readonly SagaStep<Input>[]): void {
  checkMember(steps.length > 0, `saga ${saga}: steps`, 'at least one step', 'none')
  const seen = new Set<string>(ends)
  for (const { id } of steps) {
    const fits = stepIdPattern.test(id) && !seen.has(id)
    const expected = `a name of letters, digits and \`_\` that no other state has`
    checkMember(fits, `saga ${saga}: step id`, expected, id)
    seen.add(id)
  }
}
