import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { Client } from '../../actors/client.ts'
import { outsider } from '../../actors/outsider.ts'
import type { Address } from '../../contracts/address.ts'
import { formatAddress, parseAddress } from '../../contracts/address.ts'
import type { ApprovalEvent } from '../../contracts/approval.ts'
import { openApprovers } from '../../contracts/approval.ts'
import { pause, systemClock } from '../../contracts/clock.ts'
import { AshlarError, InputError, UnavailableError } from '../../contracts/error.ts'
import { systemIds } from '../../contracts/ids.ts'
import { hashJson } from '../../contracts/json.ts'
import type { JournalRecord } from '../../contracts/record.ts'
import type { ApprovalRequest } from '../approval-request.ts'
import { findApproval, requestOf, stateOf, summarize } from '../approval-request.ts'
import { describeFully, visible } from '../approval-text.ts'
import { askYes, canAsk } from '../ask-yes.ts'
import type { Output } from '../output.ts'
import { createOutput, exitCodes } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command, whole } from './shared-options.ts'

interface ApproveOptions extends SharedOptions {
  as?: string
  note?: string
  reject?: boolean
  delegate?: string
  withdraw?: boolean
  hash?: string
  yes?: boolean
  timeout: number
}

/** Shorter ones could be of another effect by chance. */
const hashPrefixMin = 12

const lookAgainMs = 100

const questions: Record<ApprovalEvent['type'], string> = {
  APPROVE: 'Approve exactly this',
  REJECT: 'Reject this',
  DELEGATE: 'Pass your place on',
  WITHDRAW: 'Take this request back',
}

/** `ashlar approve <agent>`: a person approves exactly the effect that was shown, or says no. */
export function approveCommand(): Command {
  return command('approve', 'approve what an approval asks for, reject it, or pass it on')
    .argument('<agent>', 'address of the approval, `machine/id`')
    .option('--as <name>', 'who you are (default: your name on this system)')
    .option('--note <text>', 'kept in the audit record')
    .addOption(new Option('--reject', 'say no').conflicts(['delegate', 'withdraw']))
    .addOption(new Option('--delegate <name>', 'let this person decide').conflicts('withdraw'))
    .option('--withdraw', 'take back what you requested yourself')
    .option('--hash <hash>', `only if the effect has this hash, at least ${hashPrefixMin} letters`)
    .option('--yes', 'do not ask')
    .option('--timeout <seconds>', 'longest wait for the answer', whole('--timeout'), 30)
    .addHelpText(
      'after',
      '\nThe name is claimed, not proved: whoever may reach the broker may claim any.',
    )
    .action(approve)
}

async function approve(agent: string, options: ApproveOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const address = parseAddress(agent)
  const by = options.as ?? systemName()
  await withCell(options, output, async (runtime) => {
    const { request, audit } = await findApproval(runtime, address)
    for (const line of describeFully(request, audit, systemClock().now())) output.line(line)
    refuseEnded(request)
    const event = eventFor(options, by, hashOf(request, options.hash))
    if (!options.yes && !(await isConfirmed(event, output))) return
    const answer = await send(runtime, request, event, options.timeout * 1_000)
    report(event, answer, output)
  })
}

function systemName(): string {
  try {
    return userInfo().username
  } catch {
    const todo = 'say who you are, for example `--as ann`'
    throw new InputError({ field: '--as', expected: 'a name; this system has none for you', todo })
  }
}

/** @throws AshlarError `approval-ended` */
function refuseEnded(request: ApprovalRequest): void {
  if (request.status !== 'active') throw hasEnded(request)
}

function hasEnded(request: ApprovalRequest): AshlarError {
  const name = formatAddress(request.address)
  return new AshlarError('approval-ended', `${name} is over: ${stateOf(request)}`)
}

/**
 * The hash of the effect that was shown, which is what is approved.
 * @throws InputError when another one was wanted; AshlarError when the approval contradicts itself
 */
function hashOf({ address, context }: ApprovalRequest, wanted: string | undefined): string {
  const hash = hashJson(context.effect)
  if (hash !== context.hash) {
    const problem = 'keeps another hash than its effect has; do not decide about it'
    throw new AshlarError('hash-mismatch', `${formatAddress(address)} ${problem}`)
  }
  if (wanted === undefined) return hash
  const field = '--hash'
  if (wanted.length < hashPrefixMin) {
    const expected = `at least ${hashPrefixMin} letters of the hash`
    throw new InputError({ field, expected, got: wanted, todo: '`ashlar approvals` shows it' })
  }
  if (hash.startsWith(wanted)) return hash
  const todo = 'look at what is asked for now before you decide'
  throw new InputError({ field, expected: `the hash of the effect, ${hash}`, got: wanted, todo })
}

function eventFor(options: ApproveOptions, by: string, hash: string): ApprovalEvent {
  const { note, delegate: to } = options
  const said = { by, ...(note === undefined ? {} : { note }) }
  if (options.withdraw) return { type: 'WITHDRAW', ...said }
  if (to !== undefined) return { type: 'DELEGATE', ...said, to }
  return { type: options.reject ? 'REJECT' : 'APPROVE', ...said, hash }
}

/** @throws InputError where nobody can be asked */
async function isConfirmed(event: ApprovalEvent, output: Output): Promise<boolean> {
  if (output.json || !canAsk()) {
    throw new InputError({
      field: '--yes',
      expected: 'it to be given where nobody can be asked (no terminal, or --json)',
      todo: 'look at the effect, then add `--yes`, best with `--hash`',
    })
  }
  const to = event.type === 'DELEGATE' ? ` to ${event.to}` : ''
  const answer = await askYes(visible(`${questions[event.type]}${to}, as ${event.by}?`))
  if (answer === 'yes') return true
  output.line('nothing was sent')
  process.exitCode = answer === 'interrupted' ? exitCodes.interrupted : exitCodes.failed
  return false
}

/** What came of an event. */
interface Answer {
  request: ApprovalRequest
  /** Undefined: it was taken. */
  refused?: string
}

/** Sends the event and waits until the approval has looked at it. */
async function send(
  { client }: Runtime,
  { address, step }: ApprovalRequest,
  event: ApprovalEvent,
  timeoutMs: number,
): Promise<Answer> {
  const id = `approve:${systemIds().next()}`
  const clock = systemClock()
  const deadlineMs = clock.now() + timeoutMs
  await client.agent(address).send(event as never, { id })
  for (let seen = step; ;) {
    await untilBeyond(client, address, seen, deadlineMs - clock.now())
    for await (const record of client.history(address)) {
      if (record.step <= seen) continue
      seen = record.step
      if (record.cause.messageId === outsider + id) return answerIn(record)
    }
    if (clock.now() >= deadlineMs) throw unanswered(address)
    await pause(clock, lookAgainMs)
  }
}

/** Also one that has ended answers: what came too late is in its journal as well. */
async function untilBeyond(
  client: Client,
  address: Address,
  seen: number,
  restMs: number,
): Promise<void> {
  try {
    await client.waitFor(address, ({ step }) => step > seen, { timeoutMs: Math.max(1, restMs) })
  } catch (thrown) {
    const code = thrown instanceof AshlarError ? thrown.code : ''
    if (!['wait-timeout', 'agent-ended', 'agent-failed'].includes(code)) throw thrown
  }
}

function answerIn(record: JournalRecord): Answer {
  const request = requestOf(record)!
  if (!record.handled) throw hasEnded(request)
  for (const effect of record.outbox) {
    if (effect.kind !== 'emit' || effect.event.type !== 'REFUSED') continue
    return { request, refused: String(effect.event['reason']) }
  }
  return { request }
}

function unanswered(address: Address): UnavailableError {
  const name = formatAddress(address)
  const problem = 'has not answered in time; what you sent lies in its mailbox and counts once'
  return new UnavailableError(`${name} ${problem} a process serves it (\`ashlar ps --hosts\`)`, {
    code: 'wait-timeout',
  })
}

function report(event: ApprovalEvent, { request, refused }: Answer, output: Output): void {
  const { context } = request
  const next = `ashlar approvals ${formatAddress(request.address)}`
  if (refused === undefined) output.line(visible(`taken: ${outcomeOf(event, request)}`))
  else output.line(visible(`not taken: ${refused}`))
  output.line(`next: ${next}`)
  output.result({
    ...summarize(request),
    effect: context.effect,
    event: event.type,
    by: event.by,
    taken: refused === undefined,
    ...(refused === undefined ? {} : { reason: refused }),
  })
  if (refused !== undefined) process.exitCode = exitCodes.failed
}

function outcomeOf(event: ApprovalEvent, request: ApprovalRequest): string {
  if (request.status !== 'active') return stateOf(request)
  if (event.type === 'DELEGATE') return `${event.to} may decide in place of ${event.by}`
  const { required, approvedBy } = request.context
  const open = openApprovers(request.context)?.join(', ') ?? 'anyone'
  return `${required - approvedBy.length} approval(s) missing, of: ${open}`
}
