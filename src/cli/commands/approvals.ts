import type { Command } from 'commander'
import { parseAddress } from '../../contracts/address.ts'
import { isSamePerson, openApprovers } from '../../contracts/approval.ts'
import { systemClock } from '../../contracts/clock.ts'
import type { ApprovalRequest } from '../approval-request.ts'
import { findApproval, listApprovals, summarize } from '../approval-request.ts'
import { describeFully, describeRequest } from '../approval-text.ts'
import type { Output } from '../output.ts'
import { createOutput } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface ApprovalsOptions extends SharedOptions {
  all?: boolean
  as?: string
  type?: string
}

/** `ashlar approvals`: what people are asked to approve, or one approval in full. */
export function approvalsCommand(): Command {
  return command('approvals', 'list what people are asked to approve, or show one approval in full')
    .argument('[agent]', 'address of one approval, `machine/id`: its effect and its audit record')
    .option('--all', 'also approvals that have ended')
    .option('--as <name>', 'only those that this person may still approve')
    .option('--type <machine>', 'only approvals of this machine')
    .action(approvals)
}

async function approvals(agent: string | undefined, options: ApprovalsOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = agent === undefined ? undefined : parseAddress(agent)
  await withCell(options, output, async (runtime) => {
    if (!address) return list(runtime, options, output)
    const { request, audit } = await findApproval(runtime, address)
    for (const line of describeFully(request, audit, systemClock().now())) output.line(line)
    if (request.status === 'active') output.line(`next: ashlar approve ${agent}`)
    output.result({ ...summarize(request), audit })
  })
}

async function list(runtime: Runtime, options: ApprovalsOptions, output: Output): Promise<void> {
  const nowMs = systemClock().now()
  const { all, as, type } = options
  const found = (await listApprovals(runtime, type)).filter(
    (one) => (all || one.status === 'active') && (as === undefined || isOpenTo(one, as)),
  )
  // What expires first comes first, what is over comes last.
  const deadline = ({ expiresAtMs }: ApprovalRequest) => expiresAtMs ?? Number.MAX_SAFE_INTEGER
  found.sort((a, b) => deadline(a) - deadline(b) || a.atMs - b.atMs)
  for (const one of found) {
    for (const line of describeRequest(one, nowMs)) output.line(line)
  }
  output.line(`${found.length} approval(s)`)
  if (found.some(({ status }) => status === 'active')) output.line('next: ashlar approve AGENT')
  output.result({ approvals: found.map(summarize) })
}

function isOpenTo({ status, context }: ApprovalRequest, person: string): boolean {
  const { approvedBy, requestedBy } = context
  const isThem = (name: string): boolean => isSamePerson(name, person)
  const open = openApprovers(context)
  if (status !== 'active') return false
  if (open) return open.some(isThem)
  return !approvedBy.some(isThem) && !(requestedBy !== null && isThem(requestedBy))
}
