import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { examplesOf, nearMisses, NoExampleError } from 'ashlar/testing'

const node: z.ZodType = z.object({ value: z.string(), next: z.lazy(() => node).optional() })
const order = z.strictObject({
  id: z.string().regex(/^[A-Z]{2}-\d{3}$/),
  kind: z.enum(['gift', 'own']),
  cents: z.int().positive().max(100),
  note: z.string().max(5).optional(),
  lines: z
    .array(z.object({ sku: z.uuid(), count: z.int().min(1) }))
    .min(1)
    .max(2),
  pay: z.discriminatedUnion('by', [
    z.object({ by: z.literal('card'), digits: z.string().length(4) }),
    z.object({ by: z.literal('cash') }),
  ]),
})

/** What stands in a place of all values. */
function seen(
  values: readonly unknown[],
  pick: (value: z.infer<typeof order>) => unknown,
): Set<unknown> {
  return new Set(values.map((value) => pick(value as z.infer<typeof order>)))
}

describe('examples of a schema', () => {
  const values = examplesOf(order, 'an order')

  test('are accepted, cover every branch and the borders, the smallest first', () => {
    for (const value of values) expect(order.safeParse(value).success).toBe(true)
    expect(seen(values, ({ kind }) => kind)).toEqual(new Set(['gift', 'own']))
    expect(seen(values, ({ pay }) => pay.by)).toEqual(new Set(['card', 'cash']))
    expect(seen(values, ({ cents }) => cents)).toContain(1)
    expect(seen(values, ({ cents }) => cents)).toContain(100)
    expect(seen(values, ({ lines }) => lines.length)).toEqual(new Set([1, 2]))
    expect(seen(values, ({ note }) => note?.length)).toContain(5)
    expect(seen(values, ({ note }) => note)).toContain(undefined)
    expect(values[0]).toMatchObject({ kind: 'gift', cents: 1, pay: { by: 'card' } })
    expect(JSON.stringify(values[0]).length).toBeLessThan(JSON.stringify(values[1]).length)
  })

  test('cover every option of a wide object, too', () => {
    const names = Array.from({ length: 60 }, (_, index) => `member${index}`)
    const wide = z.object(Object.fromEntries(names.map((name) => [name, z.enum(['a', 'b', 'c'])])))
    const found = examplesOf(wide, 'it') as Record<string, string>[]
    for (const name of names) expect(new Set(found.map((it) => it[name])).size).toBe(3)
  })

  test('are the same for the same seed, and others for another', () => {
    expect(examplesOf(order, 'an order', { seed: 1 })).toEqual(values)
    expect(examplesOf(order, 'an order', { seed: 2 })).not.toEqual(values)
    expect(examplesOf(order, 'an order', { most: 3 })).toHaveLength(3)
  })

  test.each([
    ['a format', z.object({ at: z.iso.datetime(), to: z.email(), url: z.url(), ip: z.ipv4() })],
    ['several rules for one text', z.string().startsWith('ab').includes('q')],
    ['steps', z.number().multipleOf(0.25).gt(2).lt(3)],
    ['a tuple with a rest', z.tuple([z.string(), z.number()]).rest(z.boolean())],
    [
      'records',
      z.object({ a: z.record(z.enum(['x', 'y']), z.number()), b: z.record(z.string(), z.null()) }),
    ],
    ['an intersection', z.intersection(z.object({ m: z.string() }), z.object({ n: z.string() }))],
    ['itself', node],
    ['a transformation', z.object({ text: z.string().transform((text) => text.length) })],
    ['a rule of its own', z.object({ a: z.int(), b: z.int() }).refine(({ a, b }) => a < b)],
    [
      'a JSON Schema in its meta only',
      z
        .unknown()
        .refine((it) => it === 'k')
        .meta({ const: 'k' }),
    ],
  ])('are found for a schema with %s', (_, schema) => {
    const found = examplesOf(schema, 'it')
    expect(found.length).toBeGreaterThan(0)
    for (const value of found) expect(schema.safeParse(value).success).toBe(true)
  })

  test('where none is found, the message says what to give', () => {
    const schema = z.object({ code: z.custom<string>((it) => it === 'open sesame') })
    const find = (): unknown => examplesOf(schema, 'the input of door')
    expect(find).toThrow(NoExampleError)
    expect(find).toThrow(/the input of door .*code: Invalid input; give some as `examples`/)
    expect(() => examplesOf(z.object({ at: z.date() }), 'it')).toThrow(/at: .*date/)
  })
})

describe('near misses of a schema', () => {
  const misses = nearMisses(order, examplesOf(order, 'an order'))
  const kinds = (path: string): string[] =>
    misses.filter((it) => it.path === path).map(({ what }) => what)

  test('are all refused, in the place that they name', () => {
    for (const { value, path } of misses) {
      const { error } = order.safeParse(value)
      const [issue] = error!.issues
      expect(`${path}.`.startsWith(issue!.path.map((step) => `${String(step)}.`).join(''))).toBe(
        true,
      )
    }
  })

  test('are of every kind', () => {
    expect(kinds('id')).toEqual(
      expect.arrayContaining(['a missing member', 'a text of another form']),
    )
    expect(kinds('kind')).toContain('an unknown option')
    expect(kinds('cents')).toEqual(
      expect.arrayContaining(['too small', 'too large', 'no whole number', 'a wrong type (null)']),
    )
    expect(kinds('note')).toContain('too long')
    expect(kinds('note')).not.toContain('a missing member')
    expect(kinds('lines')).toEqual(expect.arrayContaining(['too few items', 'too many items']))
    expect(kinds('lines.0.count')).toContain('too small')
    expect(kinds('pay.by')).toContain('an unknown option')
    expect(kinds('pay.digits')).toContain('too short')
    expect(kinds('')).toContain('a key too many')
  })
})
