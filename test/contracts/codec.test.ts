import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Envelope } from '../../src/contracts/envelope.ts'
import { UnreadableError, decodeEnvelope, encodeEnvelope } from '../../src/contracts/envelope.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import { describeEvent } from '../../src/contracts/event.ts'
import { toBytes } from '../../src/contracts/json.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { decodeRecord, encodeRecord } from '../../src/contracts/record.ts'
import { describeValue } from '../../src/contracts/state.ts'
import type { Work } from '../../src/contracts/work.ts'
import { decodeWork, encodeWork } from '../../src/contracts/work.ts'

const text = fc.string({ minLength: 1, maxLength: 12 })
/** JSON has no negative zero; a member `__proto__` is dropped by the reader (tested below). */
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
const address = fc.record({
  type: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,9}$/),
  id: fc.stringMatching(/^[^\s/\p{Cc}]{1,10}$/u),
})
const completion = { childId: text, incarnation: fc.nat() }
const error = fc.record({ name: text, message: fc.string(), code: text, kind: json })
const parent = fc.record({ address, ...completion })
const event: fc.Arbitrary<NeutralEvent> = fc.oneof(
  fc.record({ kind: fc.constant('init'), input: json, parent }, { requiredKeys: ['kind'] }),
  fc.record({ kind: fc.constant('event'), event: fc.record({ type: text, body: json }) }),
  fc.record(
    { kind: fc.constant('done'), ...completion, output: json },
    { requiredKeys: ['kind', 'childId', 'incarnation'] },
  ),
  fc.record({ kind: fc.constant('error'), ...completion, error }),
  fc.record({ kind: fc.constant('timer'), timerId: text, incarnation: fc.nat() }),
  fc.record({ kind: fc.constant('stop') }),
) as fc.Arbitrary<NeutralEvent>
const trace = fc.record({ traceparent: text }, { requiredKeys: [] })
const order = fc.record({ step: fc.nat(), index: fc.nat() })

const envelope = fc.record(
  {
    v: fc.constant(1 as const),
    id: text,
    to: address,
    from: fc.record({ name: text, order }, { requiredKeys: ['name'] }),
    sentAtMs: fc.nat(),
    trace,
    body: event,
  },
  { requiredKeys: ['v', 'id', 'to', 'from', 'sentAtMs', 'body'] },
) as fc.Arbitrary<Envelope>

const work = fc.record(
  {
    v: fc.constant(1 as const),
    id: text,
    target: text,
    input: json,
    offered: fc.array(text),
    reply: fc.record({ to: address, ...completion }),
    sentAtMs: fc.nat(),
    trace,
  },
  { requiredKeys: ['v', 'id', 'target', 'reply', 'sentAtMs'] },
) as fc.Arbitrary<Work>

const record = fc.record({
  v: fc.constant(1),
  address,
  step: fc.nat(),
  transitionId: text,
  atMs: fc.nat(),
  cause: fc.record({ messageId: text, from: text, trace }),
  event,
  handled: fc.boolean(),
  state: fc.record({
    machine: fc.record({ id: text, version: text, hash: text }),
    snapshot: fc.record({
      status: fc.constantFrom('active', 'done', 'error', 'stopped'),
      value: fc.constant({ a: 'b', c: { d: 'e' } }),
      context: fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        json,
      ),
    }),
    children: fc.constant({ c: { incarnation: 1, src: 's', child: 'tool', settled: true } }),
    timers: fc.constant({ t: { incarnation: 2, atMs: 5, event: { type: 'T' } } }),
    incarnations: fc.nat(),
  }),
  inbox: fc.record({ mailSeq: fc.nat(), seen: fc.constant({ 'a/b': { step: 1, index: 0 } }) }),
  outbox: fc.constant([{ kind: 'emit', event: { type: 'E' } }]),
}) as unknown as fc.Arbitrary<JournalRecord>

interface Codec {
  what: string
  good: fc.Arbitrary<object>
  encode: (value: never) => Uint8Array
  decode: (bytes: Uint8Array) => unknown
  /** A document with one wrong member, and what is said about it. */
  broken: [object, string]
}

const body = { kind: 'stop' }
const to = { type: 'a', id: 'b' }
const codecs: Codec[] = [
  {
    what: 'message',
    good: envelope,
    encode: encodeEnvelope,
    decode: decodeEnvelope,
    broken: [
      { v: 1, id: '', to, from: { name: 'x' }, sentAtMs: 1, body },
      'id: Too small: expected string to have >=1 characters',
    ],
  },
  {
    what: 'work item',
    good: work,
    encode: encodeWork,
    decode: decodeWork,
    broken: [
      { v: 1, id: 'i', target: 't', reply: { to, childId: 'c', incarnation: 1.5 }, sentAtMs: 1 },
      'reply.incarnation: Invalid input: expected int, received number',
    ],
  },
  {
    what: 'journal record',
    good: record,
    encode: encodeRecord,
    decode: decodeRecord,
    broken: [
      { v: 1, address: { type: '1', id: 'b' } },
      'address.type: Invalid string: must match pattern /^[A-Za-z][A-Za-z0-9_-]{0,63}$/',
    ],
  },
]

describe.each(codecs)('a $what', ({ what, good, encode, decode, broken }) => {
  test('comes back as it was sent', () => {
    fc.assert(
      fc.property(good, (value) => {
        expect(decode(encode(value as never))).toEqual(value)
      }),
    )
  })

  const why = (bytes: Uint8Array): unknown => {
    try {
      return decode(bytes)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UnreadableError)
      expect(thrown).toMatchObject({ code: 'unreadable', disposition: 'terminal' })
      return (thrown as Error).message
    }
  }

  test.each([
    ['no JSON', new TextEncoder().encode('{"v":1')],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['empty', new Uint8Array()],
  ])('that is %s says so', (_what, bytes) => {
    expect(why(bytes)).toBe(`${what}: it is not UTF-8 JSON; send a JSON object with \`v: 1\``)
  })

  test.each([
    ['2', { v: 2 }],
    ['"1"', { v: '1' }],
    ['undefined', {}],
    ['undefined', null],
    ['undefined', 'text'],
    ['undefined', [1]],
  ])('of version %s says which version this build reads', (version, value) => {
    expect(why(toBytes(value))).toBe(
      `${what}: version ${version} is unknown; this build reads version 1`,
    )
  })

  test('that is malformed says where and what', () => {
    const [value, problem] = broken
    expect(why(toBytes(value))).toBe(`${what}: ${problem}`)
  })
})

test('a record keeps members that a newer build added', () => {
  const [sample] = fc.sample(record, { numRuns: 1, seed: 7 })
  const newer = { ...sample!, note: 'later', state: { ...sample!.state, extra: [1] } }
  expect(decodeRecord(toBytes(newer))).toEqual(newer)
})

test('a member __proto__ is dropped and reaches no prototype', () => {
  const event = '{"type":"T","__proto__":{"admin":true}}'
  const letter = { v: 1, id: 'i', to, from: { name: 'x' }, sentAtMs: 1 }
  const bytes = new TextEncoder().encode(
    `${JSON.stringify(letter).slice(0, -1)},"body":{"kind":"event","event":${event}}}`,
  )
  const read = decodeEnvelope(bytes).body as Extract<NeutralEvent, { kind: 'event' }>
  expect(Object.keys(read.event)).toEqual(['type'])
  expect(Object.getPrototypeOf(read.event)).toBe(Object.prototype)
})

describe('what people read', () => {
  test.each<[NeutralEvent, string]>([
    [{ kind: 'init' }, 'init'],
    [{ kind: 'stop' }, 'stop'],
    [{ kind: 'resume' }, 'resume'],
    [{ kind: 'event', event: { type: 'CONFIRM' } }, 'CONFIRM'],
    [{ kind: 'done', childId: 'lookUp', incarnation: 1 }, 'done: lookUp'],
    [
      { kind: 'error', childId: 'pay', incarnation: 1, error: { name: 'E', message: 'm' } },
      'error: pay',
    ],
    [{ kind: 'timer', timerId: 'soon', incarnation: 1 }, 'timer: soon'],
  ])('the event %j is %s', (neutral, described) => {
    expect(describeEvent(neutral)).toBe(described)
  })

  test.each([
    ['idle', 'idle'],
    [{ serving: 'confirm' }, 'serving.confirm'],
    [{ a: 'x', b: { c: 'd' } }, 'a.x + b.c.d'],
    [{ a: {} }, 'a'],
    [{}, ''],
  ])('the state %j is %s', (value, described) => {
    expect(describeValue(value)).toBe(described)
  })
})
