import type {
  ApprovalContext,
  ApprovalEvent,
  ApprovalInput,
  ApprovalPlace,
} from '../contracts/approval.ts'
import { approvalEvents, approvalInputSchema, isSamePerson } from '../contracts/approval.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { InputError } from '../contracts/error.ts'
import { findNonJson, hashJson } from '../contracts/json.ts'

/** What a definition says about who decides. */
export interface ApprovalPolicy {
  approvers: readonly string[] | undefined
  /** People by role. */
  roles: Readonly<Record<string, readonly string[]>>
  required: number
  requesterMayApprove: boolean
  /** How often one place may be passed on. */
  delegationsMax: number
}

/**
 * What an approval knows at its start.
 * @throws InputError when it could never be approved, or is asked in a way that nobody can read
 */
export function openRequest<Effect>(
  id: string,
  policy: ApprovalPolicy,
  input: ApprovalInput<Effect>,
): ApprovalContext<Effect> {
  const checked = approvalInputSchema.safeParse(input)
  if (!checked.success) throw refuseInput(id, 'the input', firstIssue(checked.error))
  const lost = findNonJson(input.effect, 'effect')
  if (lost !== undefined || input.effect === undefined) {
    throw refuseInput(id, 'effect', `${lost ?? 'nothing'} is not JSON`)
  }
  const { summary, requestedBy, approvers = policy.approvers } = checked.data
  const required = checked.data.required ?? policy.required
  const places = placesOf(id, approvers, policy, requestedBy)
  if (places && places.length < required) {
    const whom = `${places.length} approver(s) may decide (the requester does not count)`
    throw refuseInput(id, 'required', `${required} approvals, but ${whom}`)
  }
  const by = requestedBy === undefined ? {} : { by: requestedBy }
  return {
    kind: 'approval',
    effect: input.effect,
    hash: hashJson(input.effect),
    summary,
    requestedBy: requestedBy ?? null,
    places,
    required,
    approvedBy: [],
    reminders: 0,
    outcome: null,
    audit: [{ what: 'asked', ...by }],
    refusals: 0,
  }
}

function refuseInput(id: string, field: string, problem: string): InputError {
  const expected = 'a request that people can decide'
  return new InputError({ field: `approval ${id}: ${field}`, expected, todo: problem })
}

/** One place for each person; null: anyone. Without the requester, unless they may approve. */
function placesOf(
  id: string,
  approvers: readonly string[] | undefined,
  { roles, requesterMayApprove }: ApprovalPolicy,
  requestedBy: string | undefined,
): ApprovalPlace[] | null {
  if (!approvers) {
    throw refuseInput(id, 'approvers', 'name them in the definition or the input; [] is anyone')
  }
  if (approvers.length === 0) return null
  const people: string[] = []
  for (const person of approvers.flatMap((name) =>
    Object.hasOwn(roles, name) ? roles[name]! : [name],
  )) {
    if (!requesterMayApprove && isPerson(person, requestedBy)) continue
    if (!people.some((one) => isSamePerson(one, person))) people.push(person)
  }
  return people.map((holder) => ({ holder, passedOn: 0 }))
}

/** Why an event is not taken; undefined: it is. */
export function refusalOf(
  context: ApprovalContext,
  event: ApprovalEvent,
  policy: ApprovalPolicy,
): string | undefined {
  // Other agents send without a door in between.
  const checked = approvalEvents[event.type].safeParse(event)
  if (!checked.success) return `it breaks its schema: ${firstIssue(checked.error)}`
  if (event.type === 'WITHDRAW') return withdrawalProblem(context, event.by)
  const stranger = strangerProblem(context, event.by, policy)
  if (stranger !== undefined) return stranger
  // One who has approved may still reject.
  if (event.type !== 'REJECT' && hasApproved(context, event.by)) {
    return `${event.by} has approved already`
  }
  if (event.type === 'DELEGATE') return placeProblem(context, event, policy)
  if (event.hash === context.hash) return undefined
  return 'the hash is of another effect than the one to be approved'
}

function hasApproved({ approvedBy }: ApprovalContext, by: string): boolean {
  return approvedBy.some((one) => isSamePerson(one, by))
}

function isPerson(name: string, other: string | null | undefined): boolean {
  return other !== null && other !== undefined && isSamePerson(name, other)
}

/** Why somebody may not decide. */
function strangerProblem(
  { requestedBy, places, audit }: ApprovalContext,
  by: string,
  { requesterMayApprove }: ApprovalPolicy,
): string | undefined {
  if (!requesterMayApprove && isPerson(by, requestedBy)) {
    return `${by} asked for it and may not decide about it (separation of duties)`
  }
  if (!places || places.some(({ holder }) => isSamePerson(holder, by))) return undefined
  const passed = audit.findLast((one) => one.what === 'delegated' && isPerson(by, one.by))
  return passed ? `${by} has passed the place on to ${passed.to}` : `${by} is not an approver`
}

function placeProblem(
  { places, requestedBy }: ApprovalContext,
  { by, to }: Extract<ApprovalEvent, { type: 'DELEGATE' }>,
  { delegationsMax, requesterMayApprove }: ApprovalPolicy,
): string | undefined {
  if (!places) return 'anyone may approve, so that there is no place to pass on'
  if (isSamePerson(by, to)) return 'nobody delegates to themselves'
  if (!requesterMayApprove && isPerson(to, requestedBy)) {
    return `${to} asked for it and may not decide about it (separation of duties)`
  }
  if (places.some(({ holder }) => isSamePerson(holder, to))) return `${to} is an approver already`
  const { passedOn } = places.find(({ holder }) => isSamePerson(holder, by))!
  if (passedOn < delegationsMax) return undefined
  return delegationsMax === 0
    ? 'places may not be passed on'
    : `the place was passed on ${passedOn} time(s), which is the most`
}

function withdrawalProblem({ requestedBy }: ApprovalContext, by: string): string | undefined {
  if (requestedBy === null) return 'no requester is named who could take it back'
  return isSamePerson(by, requestedBy)
    ? undefined
    : `only ${requestedBy}, who asked for it, may take it back`
}
