import type * as z from 'zod'
import { firstIssue } from '../contracts/envelope.ts'
import { AshlarError, toErrorValue } from '../contracts/error.ts'
import { isObject } from '../contracts/json.ts'
import type { Random } from '../contracts/random.ts'
import { seededRandom } from '../contracts/random.ts'
import { numberExamples, textExamples } from './scalar-examples.ts'
import type { Schema } from './schema-shape.ts'
import { membersOf, requiredOf, Shape } from './schema-shape.ts'

export interface ExampleOptions {
  /** Of the choices beyond those that cover the schema. Default: 1. */
  seed?: number
  /** So many at most. Default: 60. */
  most?: number
}

/** No value of a schema was found; somebody who knows it has to give one. */
export class NoExampleError extends AshlarError {
  override readonly name = 'NoExampleError'

  constructor(what: string, problem: string) {
    super(
      'no-example',
      `no example of ${what} could be made: ${problem}; give some as \`examples\` (of a result: \`outputs\`)`,
    )
  }
}

/** Of one member: so many of its values are varied. */
const valuesPerMember = 40
/** Below this, what may be left out is left out, so that recursive schemas end. */
const deepest = 5
/** Values made by chance where a rule of the schema refuses those that its shape suggests. */
const tries = 2_000
/** So many by chance beside those that cover the schema, if so many tries find them. */
const mixed = 8
const mixTries = 64

/**
 * Values that a schema accepts, the smallest first: every branch of unions and enums, every member
 * that may be left out, with it and without, the borders of texts, numbers and lists, and a few mixed
 * by chance. The same schema and seed give the same values.
 * @param what names the schema in the error
 * @throws NoExampleError when no value that was tried is accepted, as with a rule of your own
 */
export function examplesOf(
  schema: z.ZodType,
  what: string,
  { seed = 1, most = 60 }: ExampleOptions = {},
): unknown[] {
  const random = seededRandom(seed)
  const maker = makerOf(schema, what, random)
  const found = new Map<string, unknown>()
  let problem = 'its JSON Schema suggests no value'
  const consider = (value: unknown): void => {
    const parsed = schema.safeParse(value)
    if (parsed.success) found.set(JSON.stringify(value), value)
    else problem = firstIssue(parsed.error)
  }
  for (const value of maker.values(maker.shape.root, 0)) consider(value)
  const wanted = Math.min(most, found.size + mixed)
  for (let count = 0; count < tries && found.size < wanted; count++) {
    if (count >= mixTries && found.size > 0) break
    const value = maker.mix(maker.shape.root, 0)
    if (value !== nothing) consider(value)
  }
  if (found.size === 0) throw new NoExampleError(what, problem)
  return [...found.values()].slice(0, most)
}

function makerOf(schema: z.ZodType, what: string, random: Random): Maker {
  try {
    return new Maker(new Shape(schema), random)
  } catch (thrown) {
    throw new NoExampleError(what, toErrorValue(thrown).message)
  }
}

/** Stands for a value that cannot be made; JSON has no such value. */
const nothing = Symbol('nothing')

class Maker {
  readonly shape: Shape
  private readonly random: Random
  private readonly referred = new Map<string, unknown[]>()

  constructor(shape: Shape, random: Random) {
    this.shape = shape
    this.random = random
  }

  /** Values that cover a schema, the smallest first. */
  values(given: unknown, depth: number): unknown[] {
    // What refers to itself in many places would be made again and again.
    const ref = isObject(given) ? given['$ref'] : undefined
    if (typeof ref !== 'string') return this.make(given, depth)
    const key = `${depth} ${ref}`
    const known = this.referred.get(key) ?? this.make(given, depth)
    this.referred.set(key, known)
    return known
  }

  private make(given: unknown, depth: number): unknown[] {
    const schema = this.shape.read(given)
    if ('const' in schema) return [schema['const']]
    if (Array.isArray(schema['enum'])) return schema['enum']
    const branches = depth > deepest * 2 ? [] : this.shape.branches(schema)
    if (branches) {
      return inTurns(branches.map((one) => this.values(one, depth + 1))).slice(0, valuesPerMember)
    }
    switch (schema['type']) {
      case 'string':
        return textExamples(schema, this.random)
      case 'number':
      case 'integer':
        return numberExamples(schema, schema['type'] === 'integer')
      case 'boolean':
        return [false, true]
      case 'null':
        return [null]
      case 'array':
        return this.lists(schema, depth)
      case 'object':
        return this.objects(schema, depth)
      default:
        return [null, 'a', 0, true, {}, []]
    }
  }

  /** One value by chance; `nothing` where none can be made. */
  mix(given: unknown, depth: number): unknown {
    const schema = this.shape.read(given)
    const branches = this.shape.branches(schema)
    if (branches && depth <= deepest * 2) return this.mix(this.oneOf(branches), depth + 1)
    if (schema['type'] === 'object' && depth <= deepest) return this.mixObject(schema, depth)
    const values = this.values(schema, depth)
    return values.length === 0 ? nothing : this.oneOf(values)
  }

  private mixObject(schema: Schema, depth: number): unknown {
    const required = new Set(requiredOf(schema))
    const members: [string, unknown][] = []
    for (const [name, member] of Object.entries(membersOf(schema))) {
      if (!required.has(name) && this.random.next() < 0.5) continue
      const value = this.mix(member, depth + 1)
      if (value !== nothing) members.push([name, value])
      else if (required.has(name)) return nothing
    }
    const others = this.otherMembers(schema, depth)
    return { ...Object.fromEntries(members), ...(others.length > 0 ? this.oneOf(others) : {}) }
  }

  private lists(schema: Schema, depth: number): unknown[][] {
    const least = Number(schema['minItems'] ?? 0)
    const most = Number(schema['maxItems'] ?? Number.POSITIVE_INFINITY)
    const heads = ((schema['prefixItems'] ?? []) as unknown[]).map((one) =>
      this.values(one, depth + 1),
    )
    if (heads.some((values) => values.length === 0)) return []
    const items = depth > deepest || !schema['items'] ? [] : this.values(schema['items'], depth + 1)
    const first = heads.map((values) => values[0])
    const fill = (count: number): unknown[] =>
      Array.from({ length: count }, (_, index) => items[index % Math.max(1, items.length)])
    const short = Math.max(0, least - first.length)
    if (short > 0 && items.length === 0) return []
    const base = [...first, ...fill(short)]
    const lists = [base]
    for (const [index, values] of heads.entries()) {
      for (const value of values.slice(1)) lists.push(base.with(index, value))
    }
    if (base.length > first.length) {
      for (const item of items.slice(1)) lists.push(base.with(first.length, item))
    } else if (most > base.length) for (const item of items) lists.push([...base, item])
    if (items.length > 0 && most > base.length + 1) lists.push([...base, ...fill(2)])
    if (items.length > 0 && Number.isFinite(most) && most <= 100) {
      lists.push([...first, ...fill(most - first.length)])
    }
    return lists.slice(0, valuesPerMember)
  }

  private objects(schema: Schema, depth: number): object[] {
    const required = new Set(requiredOf(schema))
    const members = Object.entries(membersOf(schema)).map(([name, member]) => {
      const isLeftOut = depth > deepest && !required.has(name)
      return [name, isLeftOut ? [] : this.values(member, depth + 1)] as const
    })
    if (members.some(([name, values]) => required.has(name) && values.length === 0)) return []
    const firstOf = (kept: (name: string) => boolean): Record<string, unknown> =>
      Object.fromEntries(
        members.filter(([name, all]) => all.length > 0 && kept(name)).map(([n, [v]]) => [n, v]),
      )
    const [base, ...others] = this.otherMembers(schema, depth)
    const least = { ...firstOf((name) => required.has(name)), ...base }
    const all = { ...firstOf(() => true), ...base }
    const varied = members.map(([name, values]) =>
      (required.has(name) ? values.slice(1) : values).map((value) => ({ ...least, [name]: value })),
    )
    const more = others.map((other) => ({ ...least, ...other }))
    // In turns, so that a bound on their number leaves no member out.
    const single = inTurns([...varied, more])
    const isMany = single.length > valuesPerMember
    const together = isMany ? inStep(members).map((one) => ({ ...all, ...one })) : []
    return [least, all, ...together, ...single].slice(0, valuesPerMember * 2) as object[]
  }

  /** Members of a record. The first is the smallest. */
  private otherMembers(schema: Schema, depth: number): Record<string, unknown>[] {
    const { additionalProperties: others, propertyNames } = schema
    if (typeof others !== 'object' || depth > deepest) return [{}]
    const values = this.values(others, depth + 1)
    const keys = propertyNames === undefined ? ['a'] : this.values(propertyNames, depth + 1)
    const named = requiredOf(schema).filter((name) => !(name in membersOf(schema)))
    const least = Object.fromEntries(named.map((name) => [name, values[0]]))
    const single = keys.flatMap((key) =>
      typeof key === 'string' ? values.map((value) => ({ ...least, [key]: value })) : [],
    )
    return [least, ...single]
  }

  private oneOf<T>(values: readonly T[]): T {
    return values[Math.floor(this.random.next() * values.length)]!
  }
}

/** The first of each, then the second of each, and so on. */
function inTurns(lists: readonly (readonly unknown[])[]): unknown[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  const turns = Array.from({ length: longest }, (_, turn) =>
    lists.filter(({ length }) => turn < length).map((list) => list[turn]),
  )
  return turns.flat()
}

/** Few objects that have every value of every member: the first of each, the second of each, … */
function inStep(members: readonly (readonly [string, unknown[]])[]): object[] {
  const present = members.filter(([, values]) => values.length > 0)
  const longest = Math.max(0, ...present.map(([, values]) => values.length))
  return Array.from({ length: longest }, (_, step) =>
    Object.fromEntries(present.map(([name, values]) => [name, values[step % values.length]])),
  ).slice(1)
}
