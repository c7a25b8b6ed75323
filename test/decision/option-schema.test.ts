import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { functionsOf } from '../../src/decision/openai-wire.ts'
import { optionSchema, shapesOf } from '../../src/decision/option-schema.ts'

const type = <T extends string>(name: T): z.ZodLiteral<T> => z.literal(name)

describe('a strict schema', () => {
  const options = z.discriminatedUnion('type', [
    z.object({
      type: type('PAY'),
      parts: z.array(z.object({ id: z.string(), cents: z.int().optional() })).min(1),
      by: z.enum(['card', 'gift']).default('card'),
      note: z.string().nullable().optional(),
      until: z.iso.date().optional(),
      to: z.object({ name: z.string(), title: z.string().optional() }).nullable(),
    }),
    z.object({ type: type('WAIT') }),
  ])

  test('requires every member and takes null for those that may be left out', () => {
    const { byType, isStrict } = optionSchema(options, ['PAY'])
    expect(isStrict).toBe(true)
    expect([...byType.keys()]).toEqual(['PAY'])
    const pay = byType.get('PAY') as { required: string[]; properties: Record<string, object> }
    expect(pay.required).toEqual(['type', 'parts', 'by', 'note', 'until', 'to'])
    expect(pay.properties['parts']).toMatchObject({
      type: 'array',
      minItems: 1,
      items: {
        required: ['id', 'cents'],
        additionalProperties: false,
        properties: { cents: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
      },
    })
    expect(JSON.stringify(pay)).not.toContain('default')
  })

  test('takes out the nulls that strictness filled in, at every depth, and no others', () => {
    const { restore } = optionSchema(options, ['PAY', 'WAIT'])
    const filled = {
      type: 'PAY',
      parts: [
        { id: 'a', cents: null },
        { id: 'b', cents: 5 },
      ],
      by: null,
      note: null,
      until: null,
      to: { name: 'Ada', title: null },
    }
    expect(restore(filled)).toEqual({
      type: 'PAY',
      parts: [{ id: 'a' }, { id: 'b', cents: 5 }],
      note: null,
      to: { name: 'Ada' },
    })
    expect(options.parse(restore(filled))).toMatchObject({ by: 'card' })
  })

  test.each([null, 'PAY', 7, [], { type: 'OTHER', x: null }])('leaves %j as it is', (answer) => {
    expect(optionSchema(options, ['PAY']).restore(answer)).toEqual(answer)
  })
})

describe('a schema without a strict form is sent as it is', () => {
  test.each<[string, z.ZodType]>([
    ['free keys', z.record(z.string(), z.string())],
    ['anything', z.unknown()],
    ['a tuple', z.tuple([z.string(), z.int()])],
    ['two at once', z.intersection(z.string().min(1), z.string().max(5))],
    ['an open object', z.looseObject({ a: z.string() })],
  ])('%s', (_, member) => {
    const options = z.discriminatedUnion('type', [
      z.object({ type: type('TELL'), member, more: z.string().optional() }),
    ])
    const { byType, isStrict, restore } = optionSchema(options, ['TELL'])
    expect(isStrict).toBe(false)
    expect(byType.get('TELL')).toMatchObject({ properties: { more: { type: 'string' } } })
    const answer = { type: 'TELL', member: null, more: null }
    expect(restore(answer)).toEqual(answer)
  })
})

describe('an option in several shapes', () => {
  const shape = (name: string, args: z.ZodType): z.ZodObject =>
    z.object({ type: type('CALL'), name: z.literal(name), args })
  const options = z.discriminatedUnion('type', [
    z.discriminatedUnion('name', [
      shape('find', z.object({ id: z.string(), near: z.string().optional() })),
      shape('list', z.object({})),
    ]),
    z.object({ type: type('WAIT') }),
  ]) as unknown as z.ZodType<{ type: string }>

  test('is one type, and strict in every shape', () => {
    const { byType, isStrict, restore } = optionSchema(options, ['CALL'])
    expect([[...byType.keys()], isStrict]).toEqual([['CALL'], true])
    expect(shapesOf(byType.get('CALL')!).map(({ required }) => required)).toEqual([
      ['type', 'name', 'args'],
      ['type', 'name', 'args'],
    ])
    const filled = { type: 'CALL', name: 'find', args: { id: 'a', near: null } }
    expect(restore(filled)).toEqual({ type: 'CALL', name: 'find', args: { id: 'a' } })
  })

  test('is a tool per shape, with a name that says which', () => {
    const { list, typeOf } = functionsOf(optionSchema(options, ['CALL', 'WAIT']))
    expect(list.map(({ name }) => [name, typeOf(name)])).toEqual([
      ['CALL_find', 'CALL'],
      ['CALL_list', 'CALL'],
      ['WAIT', 'WAIT'],
    ])
    expect(list[0]!.parameters).toMatchObject({ required: ['name', 'args'] })
  })

  test('is declared as one type', () => {
    const declared = declareDecision({ name: 'next', input: z.unknown(), options })
    expect(declared.optionTypes).toEqual(['CALL', 'WAIT'])
  })
})
