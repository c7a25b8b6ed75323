import type { AnyActorLogic } from 'xstate'
import { assign, emit, setup } from 'xstate'
import type * as z from 'zod'
import type {
  ApprovalContext,
  ApprovalEvent,
  ApprovalInput,
  ApprovalOutput,
} from '../contracts/approval.ts'
import { openApprovers } from '../contracts/approval.ts'
import { checkMember, checkNumber } from '../contracts/declaration.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { InputError } from '../contracts/error.ts'
import type { Refusal } from './approval-record.ts'
import { expired, outputOf, refusal, refused, reminded, taken, untold } from './approval-record.ts'
import type { ApprovalPolicy } from './approval-rules.ts'
import { openRequest, refusalOf } from './approval-rules.ts'

export interface ApprovalOptions<Effect> {
  id: string
  version: string
  /** Of the effects that are to be approved. It only checks: an effect is kept as it was given. */
  subject: z.ZodType<Effect>
  /** Names of people or roles; `[]`: anyone. Default: whom the input names. */
  approvers?: readonly string[]
  /** People by role, for `approvers`. Read when an approval starts. */
  roles?: Readonly<Record<string, readonly string[]>>
  /** How many different people must approve, unless the input says so. Default: 1. */
  required?: number
  /** From the start, in ms, whatever happens meanwhile. */
  expiresAfterMs: number
  /** Time between two reminders, in ms. Default: none. */
  remindEveryMs?: number
  /** Default: 10. */
  remindersMax?: number
  /** How often one approver's place may be passed on. Default: 3; 0: never. */
  delegations?: number
  /** A delegation starts `expiresAfterMs` anew. Default: false. */
  delegationRenews?: boolean
  /** Default: false, as who asks for something should not be who allows it. */
  requesterMayApprove?: boolean
  /**
   * Tells people that they are asked, such as `toolActor(sendMail)`: at the start, after a delegation
   * and with every reminder. Its input is an {@link ApprovalNotice}. When it fails that is noted.
   */
  notify?: AnyActorLogic
}

/** Who is asked for what: emitted when people are asked (`ASK`) and reminded (`REMIND`). */
export interface ApprovalNotice<Effect = unknown> {
  type: 'ASK' | 'REMIND'
  summary: string
  effect: Effect
  hash: string
  /** Those who may still approve; empty: anyone. */
  to: string[]
  /** Approvals that are missing. */
  missing: number
}

/** How the name of the timer begins that ends an approval. */
export const expiryTimerPrefix = 'xstate.after.expiry.'

const remindersBound = 100
const delegationsBound = 10
const approversBound = 50

/**
 * A statechart with which people approve exactly one effect, bound by its canonical hash. An ordinary
 * machine, to be hosted with `defineAgent({ machine, events: approvalEvents })` and invoked as a child.
 * It ends in `approved`, `rejected` (by any approver), `expired` or `withdrawn`, with an audit record
 * of all that was said. What it does not take (another hash, nobody's place, the requester's own
 * approval, a second one) is noted there as refused and is emitted as `REFUSED`.
 * @throws InputError when a number is out of its bounds
 */
// oxlint-disable-next-line typescript/explicit-module-boundary-types
export function defineApproval<Effect>(options: ApprovalOptions<Effect>) {
  checkOptions(options)
  const { id, version, subject, expiresAfterMs, remindEveryMs, notify } = options
  const policy = policyOf(options)
  const remindersMax = remindEveryMs === undefined ? 0 : (options.remindersMax ?? 10)
  const refusalFor = (context: ApprovalContext, event: ApprovalEvent): Refusal =>
    refusal(event, refusalOf(context, event, policy) ?? '')
  return setup({
    types: {} as {
      context: ApprovalContext<Effect>
      input: ApprovalInput<Effect>
      output: ApprovalOutput<Effect>
      events: ApprovalEvent
      emitted: ApprovalNotice<Effect> | ({ type: 'REFUSED' } & Refusal)
    },
    actors: (notify ? { notify } : {}) as Record<string, never>,
    guards: {
      refused: ({ context, event }) => refusalOf(context, event, policy) !== undefined,
      completes: ({ context, event }) => taken(context, event).outcome === 'approved',
      remindedEnough: ({ context }) => context.reminders >= remindersMax,
      inDoubt: ({ event }) => (event as { error?: { kind?: string } }).error?.kind === 'inDoubt',
    },
    delays: { expiry: expiresAfterMs, reminder: remindEveryMs ?? expiresAfterMs },
    actions: {
      ask: emit(({ context }) => noticeOf(context)),
      refuse: emit(({ context, event }) => ({
        type: 'REFUSED' as const,
        ...refusalFor(context, event),
      })),
      noteRefusal: assign(({ context, event }) => refused(context, refusalFor(context, event))),
      take: assign(({ context, event }) => taken(context, event)),
      noteReminder: assign(({ context }) => reminded(context)),
      noteExpiry: assign(({ context }) => expired(context)),
      noteSilence: assign(({ context, event }) => untold(context, event)),
    },
  }).createMachine({
    id,
    version,
    context: ({ input }) => {
      const context = openRequest(id, policy, input)
      checkEffect(id, subject, context.effect)
      return context
    },
    initial: 'pending',
    output: ({ context }) => outputOf(context),
    states: statesOf(options, remindersMax) as Record<string, object>,
  })
}

function statesOf<Effect>(options: ApprovalOptions<Effect>, remindersMax: number): object {
  const { delegationRenews = false, notify } = options
  const refusing = { guard: 'refused', actions: ['refuse', 'noteRefusal'] }
  const failed = { target: 'waiting', actions: 'noteSilence' }
  return {
    pending: {
      initial: 'telling',
      after: { expiry: { target: 'expired', actions: 'noteExpiry' } },
      on: {
        APPROVE: [
          refusing,
          { guard: 'completes', target: 'approved', actions: 'take' },
          { actions: 'take' },
        ],
        REJECT: [refusing, { target: 'rejected', actions: 'take' }],
        WITHDRAW: [refusing, { target: 'withdrawn', actions: 'take' }],
        DELEGATE: [
          refusing,
          delegationRenews
            ? { target: 'pending', reenter: true, actions: 'take' }
            : { target: '.telling', actions: 'take' },
        ],
      },
      states: {
        telling: {
          entry: 'ask',
          ...(notify
            ? {
                invoke: {
                  id: 'notify',
                  src: 'notify',
                  input: ({ context }: { context: ApprovalContext }) => noticeOf(context),
                  onDone: 'waiting',
                  onError: [{ guard: 'inDoubt', ...failed }, failed],
                },
              }
            : { always: 'waiting' }),
        },
        waiting:
          remindersMax === 0
            ? {}
            : {
                always: { guard: 'remindedEnough', target: 'silent' },
                after: { reminder: { target: 'telling', actions: 'noteReminder' } },
              },
        ...(remindersMax === 0 ? {} : { silent: {} }),
      },
    },
    approved: { type: 'final' },
    rejected: { type: 'final' },
    expired: { type: 'final' },
    withdrawn: { type: 'final' },
  }
}

function noticeOf<Effect>(context: ApprovalContext<Effect>): ApprovalNotice<Effect> {
  const { summary, effect, hash, required, approvedBy, reminders } = context
  const type = reminders === 0 ? 'ASK' : 'REMIND'
  const missing = required - approvedBy.length
  return { type, summary, effect, hash, to: openApprovers(context) ?? [], missing }
}

/** @throws InputError */
function checkEffect(id: string, subject: z.ZodType, effect: unknown): void {
  const checked = subject.safeParse(effect)
  if (checked.success) return
  throw new InputError({
    field: `approval ${id}: effect`,
    expected: 'one that fits `subject`',
    todo: firstIssue(checked.error),
  })
}

function policyOf<Effect>(options: ApprovalOptions<Effect>): ApprovalPolicy {
  const { approvers, roles = {}, required = 1, requesterMayApprove = false } = options
  const { delegations: delegationsMax = 3 } = options
  return { approvers, roles, required, requesterMayApprove, delegationsMax }
}

/** @throws InputError */
function checkOptions<Effect>(options: ApprovalOptions<Effect>): void {
  const { id, expiresAfterMs, remindEveryMs, remindersMax = 1, delegations = 0 } = options
  const { required = 1, approvers = [] } = options
  const field = (member: string): string => `approval ${id}: ${member}`
  const whole = (member: string, value: number, least: number, most: number): void => {
    const fits = Number.isInteger(value) && value >= least && value <= most
    checkMember(fits, field(member), `a whole number from ${least} to ${most}`, value)
  }
  checkNumber(field('expiresAfterMs'), expiresAfterMs, 1)
  if (remindEveryMs !== undefined) {
    checkNumber(field('remindEveryMs'), remindEveryMs, 1)
    const isInTime = remindEveryMs < expiresAfterMs
    checkMember(isInTime, field('remindEveryMs'), 'less than expiresAfterMs', remindEveryMs)
  }
  whole('remindersMax', remindersMax, 1, remindersBound)
  whole('delegations', delegations, 0, delegationsBound)
  whole('required', required, 1, approversBound)
  const { length } = approvers
  checkMember(length <= approversBound, field('approvers'), `at most ${approversBound}`, length)
}
