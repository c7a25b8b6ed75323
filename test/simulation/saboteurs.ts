import type { Bus } from '../../src/bus/bus.ts'
import { decodeRecord, encodeRecord } from '../../src/contracts/record.ts'

/**
 * Seeded bugs: each breaks one promise that the runtime builds on, or takes one of its safeguards
 * away. The simulator must find every one of them, or it could not find real ones.
 */
export const saboteurs: Readonly<Record<string, (bus: Bus) => Bus>> = {
  'a journal that acknowledges before it stores': (bus) => {
    let appends = 0
    const append: Bus['journal']['append'] = (address, body, expected) =>
      ++appends % 7 === 0
        ? Promise.resolve({ kind: 'appended', seq: expected + 1 })
        : bus.journal.append(address, body, expected)
    return { ...bus, journal: { ...bus.journal, append } }
  },
  'an inbox that forgets its senders: only the dedupe window is left': (bus) => {
    const append: Bus['journal']['append'] = (address, body, expected) => {
      const record = decodeRecord(body)
      const inbox = { ...record.inbox, seen: {} }
      return bus.journal.append(address, encodeRecord({ ...record, inbox }), expected)
    }
    return { ...bus, journal: { ...bus.journal, append } }
  },
  'an inbox that forgets its place: mail is applied again': (bus) => {
    const append: Bus['journal']['append'] = (address, body, expected) => {
      const record = decodeRecord(body)
      const inbox = { mailSeq: 0, seen: {} }
      return bus.journal.append(address, encodeRecord({ ...record, inbox }), expected)
    }
    return { ...bus, journal: { ...bus.journal, append } }
  },
  'mail that is finished before its record is stored': (bus) => {
    const read: Bus['mailbox']['read'] = (slice, onMessage) =>
      bus.mailbox.read(slice, async (message) => {
        await bus.mailbox.checkpoint(slice, message.seq)
        await onMessage(message)
      })
    return { ...bus, mailbox: { ...bus.mailbox, read } }
  },
  'a checkpoint that passes unfinished mail': (bus) => {
    const checkpoint: Bus['mailbox']['checkpoint'] = (slice, seq) =>
      bus.mailbox.checkpoint(slice, seq + 3)
    return { ...bus, mailbox: { ...bus.mailbox, checkpoint } }
  },
  'a mailbox that acknowledges what it drops': (bus) => {
    let posts = 0
    const post: Bus['mailbox']['post'] = (to, body, id) =>
      ++posts % 11 === 0
        ? Promise.resolve({ seq: 1, duplicate: false })
        : bus.mailbox.post(to, body, id)
    return { ...bus, mailbox: { ...bus.mailbox, post } }
  },
  'effects that leave before their record is stored': (bus) => {
    const append: Bus['journal']['append'] = async (address, body, expected) => {
      const record = decodeRecord(body)
      for (const [index, effect] of record.outbox.entries()) {
        if (effect.kind !== 'send') continue
        const id = `${record.address.type}/${record.address.id}:${record.step}:${index}`
        await bus.mailbox.post(effect.to, bodyOf(id, effect, record), id).catch(() => undefined)
      }
      return bus.journal.append(address, body, expected)
    }
    return { ...bus, journal: { ...bus.journal, append } }
  },
  'timers that fire at once': (bus) => {
    const schedule: Bus['timers']['schedule'] = (address, id, _atMs, body) =>
      bus.timers.schedule(address, id, 0, body)
    return { ...bus, timers: { ...bus.timers, schedule } }
  },
  'timers that are forgotten': (bus) => {
    let schedules = 0
    const schedule: Bus['timers']['schedule'] = (address, id, atMs, body) =>
      ++schedules % 5 === 0 ? Promise.resolve() : bus.timers.schedule(address, id, atMs, body)
    return { ...bus, timers: { ...bus.timers, schedule } }
  },
  'a journal without a fence': (bus) => {
    const append: Bus['journal']['append'] = async (address, body) => {
      const last = await bus.journal.last(address)
      return bus.journal.append(address, body, last?.seq ?? 0)
    }
    return { ...bus, journal: { ...bus.journal, append } }
  },
  'a ledger that forgets its intents': (bus) => {
    const put: Bus['keyValue']['put'] = (bucket, key, value, expected) =>
      bucket === 'ledger'
        ? Promise.resolve({ kind: 'written', revision: 1 })
        : bus.keyValue.put(bucket, key, value, expected)
    return { ...bus, keyValue: { ...bus.keyValue, put } }
  },
  'a queue that loses calls': (bus) => {
    let calls = 0
    const submit: Bus['work']['submit'] = (queue, body, id) =>
      ++calls % 9 === 0
        ? Promise.resolve({ kind: 'submitted', duplicate: false })
        : bus.work.submit(queue, body, id)
    return { ...bus, work: { ...bus.work, submit } }
  },
  'records that a later build cannot read': (bus) => {
    let appends = 0
    const append: Bus['journal']['append'] = (address, body, expected) =>
      bus.journal.append(
        address,
        ++appends % 12 === 0
          ? new TextEncoder().encode(new TextDecoder().decode(body).replace('"v":1', '"v":2'))
          : body,
        expected,
      )
    return { ...bus, journal: { ...bus.journal, append } }
  },
  'recovery that reads the whole history': (bus) => {
    const last: Bus['journal']['last'] = async (address) => {
      let newest: Awaited<ReturnType<Bus['journal']['last']>>
      for await (const entry of bus.journal.history(address)) newest = entry
      return newest
    }
    return { ...bus, journal: { ...bus.journal, last } }
  },
}

function bodyOf(
  id: string,
  effect: { to: { type: string; id: string }; event: object },
  { address, step, atMs }: { address: { type: string; id: string }; step: number; atMs: number },
): Uint8Array {
  const index = Number(id.slice(id.lastIndexOf(':') + 1))
  return new TextEncoder().encode(
    JSON.stringify({
      v: 1,
      id,
      to: effect.to,
      from: { name: `${address.type}/${address.id}`, order: { step, index } },
      sentAtMs: atMs,
      body: { kind: 'event', event: effect.event },
    }),
  )
}
