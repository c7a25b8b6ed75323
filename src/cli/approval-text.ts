import { formatAddress } from '../contracts/address.ts'
import type { ApprovalEntry } from '../contracts/approval.ts'
import { openApprovers } from '../contracts/approval.ts'
import type { ApprovalRequest, DatedEntry } from './approval-request.ts'
import { stateOf } from './approval-request.ts'

/** Enough of a hash to tell effects apart at a glance. */
const hashPrefixCharacters = 12

/** An approval in two or three lines. */
export function describeRequest(request: ApprovalRequest, nowMs: number): string[] {
  const { address, context, parent, expiresAtMs } = request
  const { summary, requestedBy, required, approvedBy, hash } = context
  const by = requestedBy ?? 'nobody named'
  const asked = parent ? `asked by ${by} for ${formatAddress(parent)}` : `asked by ${by}`
  const given = approvedBy.length === 0 ? '' : ` (${approvedBy.join(', ')})`
  const lines = [
    `${formatAddress(address)}  ${stateOf(request)}  ${summary}`,
    `    ${asked}; ${approvedBy.length} of ${required} approval(s)${given}${mayApprove(request)}`,
  ]
  const prefix = `hash ${hash.slice(0, hashPrefixCharacters)}`
  const expires = expiresAtMs === undefined ? '' : `expires ${timeOf(expiresAtMs, nowMs)}; `
  return [...lines, `    ${expires}${prefix}`].map(visible)
}

/** An approval in full: every member of its effect, and its audit record. */
export function describeFully(
  request: ApprovalRequest,
  audit: readonly DatedEntry[],
  nowMs: number,
): string[] {
  const { effect, hash, refusals } = request.context
  const listed = audit.filter(({ what }) => what === 'refused').length
  const more = refusals > listed ? [`  and ${refusals - listed} more refusal(s)`] : []
  return [
    ...describeRequest(request, nowMs),
    'effect:',
    ...describeEffect(effect).map((line) => `  ${line}`),
    `  (hash ${hash})`,
    'record:',
    ...audit.map((entry) => visible(`  ${new Date(entry.atMs).toISOString()}  ${tell(entry)}`)),
    ...more,
  ]
}

function mayApprove({ status, context }: ApprovalRequest): string {
  if (status !== 'active') return ''
  const open = openApprovers(context)
  return `; may approve: ${open ? open.join(', ') : 'anyone'}`
}

/** Every leaf of a JSON value in a line of its own, as `path  value`. */
export function describeEffect(effect: unknown): string[] {
  const leaves = leavesOf(effect, '')
  const width = Math.min(40, Math.max(...leaves.map(([path]) => path.length)))
  return leaves.map(([path, value]) => visible(`${path.padEnd(width)}  ${value}`))
}

function leavesOf(value: unknown, path: string): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [[path === '' ? 'value' : path, JSON.stringify(value) ?? 'nothing']]
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => leavesOf(item, `${path}[${index}]`))
  }
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, memberOf(path, key)))
}

function memberOf(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

function tell({ what, by, to, note, tried, reason }: ApprovalEntry): string {
  const who = by === undefined ? '' : ` by ${by}`
  const whom = to === undefined ? '' : ` to ${to}`
  const attempt = tried === undefined ? '' : ` ${tried}`
  const why = reason === undefined ? '' : `: ${reason}`
  return `${what}${attempt}${who}${whom}${why}${note === undefined ? '' : ` (“${note}”)`}`
}

function timeOf(atMs: number, nowMs: number): string {
  const left = Math.max(0, atMs - nowMs)
  const minutes = Math.floor(left / 60_000)
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24]
  const short = minutes >= 60 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
  const span = days > 0 ? `${days} d ${hours} h` : minutes > 0 ? short : 'less than a minute'
  return `${new Date(atMs).toISOString()} (in ${span})`
}

/**
 * The text with everything spelled out that a terminal would act on or not show: control characters,
 * direction marks, zero-width letters. What was requested must not be able to paint another request.
 */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu, (letter) => {
    return `\\u{${letter.codePointAt(0)!.toString(16)}}`
  })
}
