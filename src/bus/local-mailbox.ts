import { formatAddress } from '../contracts/address.ts'
import { pause } from '../contracts/clock.ts'
import { checkMessageSize } from './body-limit.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'
import type { Mailbox, MailboxMessage, MailboxSlice, MailReading } from './mailbox.ts'

const handlerRetryAfterMs = 1_000

export function localMailbox(cell: LocalCell, connection: LocalConnection): Mailbox {
  return {
    async post(to, body, messageId) {
      checkMessageSize(body, `mail to ${formatAddress(to)}`)
      await connection.turn()
      const id = `${formatAddress(to)}\0${messageId}`
      const known = cell.mailSeen.find(id)
      if (known !== undefined) return { seq: known, duplicate: true }
      const seq = cell.deliver(to, body)
      cell.mailSeen.remember(id, seq)
      return { seq, duplicate: false }
    },
    async read(slice, onMessage) {
      await connection.turn()
      return startReader(cell, connection, slice, onMessage)
    },
    async checkpoint(slice, seq) {
      await connection.turn()
      const log = cell.slice(slice)
      log.messages = log.messages.filter((message) => message.seq > seq)
    },
    async remove(slice, seq) {
      await connection.turn()
      const log = cell.slice(slice)
      log.messages = log.messages.filter((message) => message.seq !== seq)
    },
  }
}

function startReader(
  cell: LocalCell,
  connection: LocalConnection,
  slice: MailboxSlice,
  onMessage: (message: MailboxMessage) => void | Promise<void>,
): MailReading {
  const log = cell.slice(slice)
  const stopping = new AbortController()
  let wake = (): void => {}
  const onWake = (): void => wake()
  let lastSeq = 0
  let lastTaken = 0
  const offEnd = connection.onEnd(() => {
    stopping.abort()
    wake()
  })
  log.wake.add(onWake)

  const nextMessage = async (): Promise<MailboxMessage | undefined> => {
    while (!stopping.signal.aborted) {
      const found = firstAfter(log.messages, lastSeq)
      if (found) return found
      await new Promise<void>((resolve) => (wake = resolve))
    }
    return undefined
  }
  const run = async (): Promise<void> => {
    await Promise.resolve()
    for (let message = await nextMessage(); message; message = await nextMessage()) {
      lastTaken = message.seq
      try {
        await onMessage({ ...message, body: message.body.slice() })
        lastSeq = message.seq
      } catch {
        await pause(cell.clock, handlerRetryAfterMs, stopping.signal).catch(() => {})
      }
    }
    log.wake.delete(onWake)
    offEnd()
  }
  const ended = run()
  return {
    async pending() {
      await connection.turn()
      return log.messages.filter(({ seq }) => seq > lastTaken).length
    },
    async stop() {
      stopping.abort()
      wake()
      await ended
    },
  }
}

/** Messages are sorted by position, so the first one behind is found by bisection. */
function firstAfter(messages: readonly MailboxMessage[], seq: number): MailboxMessage | undefined {
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((messages[middle]?.seq ?? 0) > seq) high = middle
    else low = middle + 1
  }
  return messages[low]
}
