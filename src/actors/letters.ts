import type { Address } from '../contracts/address.ts'
import { formatAddress, parseAddress } from '../contracts/address.ts'
import type { Envelope, Sender } from '../contracts/envelope.ts'
import { decodeEnvelope, encodeEnvelope } from '../contracts/envelope.ts'
import { InputError, UnavailableError } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { agentEventSchema, neutralEventSchema } from '../contracts/event.ts'
import { fromBytes, hashJson } from '../contracts/json.ts'
import { decodeWork } from '../contracts/work.ts'
import type { Bus } from '../bus/bus.ts'
import type { DeadLetter, KeptLetter } from '../bus/dead-letters.ts'
import { letterBytes } from '../bus/dead-letters.ts'
import type { QueueName } from '../bus/work-queue.ts'
import { letterSender } from './outsider.ts'

const mailboxPrefix = 'mailbox '
const longestIdCharacters = 500

/** The agent in whose mailbox the letter was; undefined for a call. */
export function mailboxOf({ target }: DeadLetter): Address | undefined {
  return target.startsWith(mailboxPrefix)
    ? parseAddress(target.slice(mailboxPrefix.length))
    : undefined
}

/** The agent that the letter is about: whose mail it is, or who made the call. */
export function agentOf(letter: DeadLetter): string | undefined {
  const mailbox = mailboxOf(letter)
  if (mailbox) return formatAddress(mailbox)
  try {
    return formatAddress(decodeWork(letterBytes(letter)).reply.to)
  } catch {
    return undefined
  }
}

/** The input that the letter holds; undefined when it holds a message that nobody could read. */
export function inputOf(letter: DeadLetter): NeutralEvent | undefined {
  try {
    if (letter.form === 'bytes') return decodeEnvelope(letterBytes(letter)).body
    const value = fromBytes(letterBytes(letter))
    const event = agentEventSchema.safeParse(value)
    if (event.success) return { kind: 'event', event: event.data }
    return neutralEventSchema.safeParse(value).data
  } catch {
    return undefined
  }
}

/**
 * The message id under which a letter is sent again: the same, however often it is tried, also for
 * a second copy of the letter; another one when its message became a letter once more.
 */
export function letterMessageId({ messageId }: DeadLetter): string {
  const again = /^letter-(?<times>\d+):(?<of>.*)$/.exec(messageId)?.groups
  const of = again?.['of'] ?? messageId
  // An id as long as an envelope takes would grow beyond that.
  const short = of.length > longestIdCharacters ? `sha256-${hashJson(of)}` : of
  return `letter-${Number(again?.['times'] ?? 0) + 1}:${short}`
}

/**
 * Sends a letter again to where it was going. It stays among the letters until it is dropped.
 * @throws InputError when it was cut; UnavailableError when its queue is full or nobody answers
 */
export async function sendAgain(
  bus: Bus,
  letter: KeptLetter,
  { atMs, from = { name: letterSender } }: { atMs: number; from?: Sender },
): Promise<void> {
  refuseCut(letter)
  const to = mailboxOf(letter)
  const id = letterMessageId(letter)
  if (!to) {
    const submitted = await bus.work.submit(queueOf(letter), letterBytes(letter), id)
    if (submitted.kind === 'submitted') return
    throw new UnavailableError(`the queue of ${letter.target} is full; try again later`)
  }
  const body = inputOf(letter)
  // Under its old place among the messages of its sender it would be taken for a repetition.
  const envelope: Envelope | undefined = body && { v: 1, id, to, from, sentAtMs: atMs, body }
  await bus.mailbox.post(to, envelope ? encodeEnvelope(envelope) : letterBytes(letter), id)
}

function queueOf({ target }: DeadLetter): QueueName {
  const [kind, ...name] = target.split(' ')
  return { kind: kind === 'decision' ? 'decision' : 'tool', name: name.join(' ') }
}

function refuseCut({ cut, id }: KeptLetter): void {
  if (!cut) return
  throw new InputError({
    field: `letter ${id}`,
    expected: 'a letter that was kept whole',
    todo: 'send the message again from where it came, then drop the letter',
  })
}
