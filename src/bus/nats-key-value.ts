import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import type { JsMsg } from '@nats-io/jetstream'
import type { Clock } from '../contracts/clock.ts'
import { checkKey } from './body-limit.ts'
import type { KeyEntry, KeyValue, Written } from './key-value.ts'
import { limits } from './limits.ts'
import type { NatsLink } from './nats-link.ts'
import { refusals } from './nats-publisher.ts'
import { startReading } from './nats-reader.ts'
import type { Reading } from './nats-reader.ts'
import { codeOf } from './nats-streams.ts'
import { escapeToken, unescapeToken } from './subjects.ts'
import type { Subjects } from './subjects.ts'

interface Parts {
  link: NatsLink
  subjects: Subjects
  clock: Clock
  replicas: number
}

/** Buckets of `@nats-io/kv` with a history of one, created on first use. */
export function natsKeyValue(parts: Parts): KeyValue {
  const { link } = parts
  const open = bucketOpener(parts)
  return {
    get: (bucket, key) =>
      link.reach(`get ${bucket}/${key}`, async () => {
        const entry = await (await open(bucket)).get(tokenOf(key))
        if (!entry || entry.operation !== 'PUT') return undefined
        return { key, value: entry.value, revision: entry.revision }
      }),
    put: (bucket, key, value, expectedRevision) =>
      link.reach(`put ${bucket}/${key}`, async () =>
        write(await open(bucket), tokenOf(key), value, expectedRevision),
      ),
    forget: (bucket, key) =>
      link.reach(`forget ${bucket}/${key}`, async () => {
        const kv = await open(bucket)
        const token = tokenOf(key)
        await erase(parts, bucket, kv, token)
        await kv.purge(token)
      }),
    async keys(bucket, prefix = '') {
      const found = new Set<string>()
      await link.reach(`keys of ${bucket}`, async () => {
        const reading = await read(parts, open, bucket, true, (key, isPresent) => {
          if (!key.startsWith(prefix)) return
          if (isPresent) found.add(key)
          else found.delete(key)
        })
        await reading.caughtUp
        await reading.stop()
      })
      return [...found].toSorted()
    },
    async watch(bucket, prefix, onChange) {
      const present = new Set<string>()
      const reading = await link.reach(`watch ${bucket}`, () =>
        read(parts, open, bucket, false, (key, isPresent, message) => {
          if (!key.startsWith(prefix)) return
          // A marker of a key that was gone before the watch began is no change.
          if (!isPresent) return void (present.delete(key) && onChange(key, undefined))
          present.add(key)
          onChange(key, { key, value: message.data, revision: message.seq } satisfies KeyEntry)
        }),
      )
      await reading.caughtUp
      return reading
    },
  }
}

/** @throws InputError when the key is none of 1 to 400 characters */
function tokenOf(key: string): string {
  return escapeToken(checkKey(key))
}

function bucketOpener({ link, subjects, replicas }: Parts): (bucket: string) => Promise<KV> {
  const manager = new Kvm(link.stream)
  const opened = new Map<string, Promise<KV>>()
  return (bucket) => {
    const name = subjects.bucket(bucket)
    const known = opened.get(name)
    if (known) return known
    const opening = manager.create(name, {
      replicas,
      history: 1,
      // Read from the leader: another replica may not have what this process has just written.
      allow_direct: false,
      timeout: limits.requestTimeoutMs,
    })
    opened.set(name, opening)
    opening.catch(() => opened.delete(name))
    return opening
  }
}

async function write(
  kv: KV,
  key: string,
  value: Uint8Array,
  expectedRevision: number | undefined,
): Promise<Written> {
  try {
    if (expectedRevision === undefined) {
      return { kind: 'written', revision: await kv.put(key, value) }
    }
    // The library refuses `update(…, 0)`; `create` also works over the marker of a purge.
    const revision = await (expectedRevision === 0
      ? kv.create(key, value)
      : kv.update(key, value, expectedRevision))
    return { kind: 'written', revision }
  } catch (error) {
    if (codeOf(error) === refusals.wrongLastSequence) return { kind: 'conflict' }
    throw error
  }
}

/** Overwrites the bytes on disk: the purge alone leaves them until the broker compacts its file. */
async function erase(
  { link, subjects }: Parts,
  bucket: string,
  kv: KV,
  key: string,
): Promise<void> {
  const entry = await kv.get(key)
  if (!entry || entry.operation !== 'PUT') return
  const stream = `KV_${subjects.bucket(bucket)}`
  try {
    await link.manager.streams.deleteMessage(stream, entry.revision, true)
  } catch (error) {
    // Replaced or deleted by somebody else meanwhile.
    if ((await kv.get(key))?.revision === entry.revision) throw error
  }
}

async function read(
  { link, clock }: Parts,
  open: (bucket: string) => Promise<KV>,
  bucket: string,
  headersOnly: boolean,
  onEntry: (key: string, isPresent: boolean, message: JsMsg) => void,
): Promise<Reading> {
  const { streamInfo } = await (await open(bucket)).status()
  const stream = streamInfo.config.name
  const root = `$KV.${stream.slice('KV_'.length)}.`
  return startReading(
    link,
    clock,
    { stream, filter: `${root}>`, from: 'last', headersOnly },
    (message) => {
      const key = unescapeToken(message.subject.slice(root.length))
      onEntry(key, !message.headers?.has('KV-Operation'), message)
    },
  )
}
