import * as z from 'zod'
import { isObject } from '../contracts/json.ts'

export type Schema = { readonly [key: string]: unknown }

/** What zod says of a schema as JSON Schema (draft 2020-12), with its references followed. */
export class Shape {
  readonly root: Schema

  /** @throws Error when zod cannot write the schema down */
  constructor(schema: z.ZodType) {
    this.root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  }

  /** The schema with references followed and `allOf` folded in. */
  read(schema: unknown): Schema {
    const read = isObject(schema) ? schema : {}
    const { $ref, allOf, ...rest } = read
    if (typeof $ref === 'string') return this.read({ ...this.follow($ref), ...rest })
    if (!Array.isArray(allOf)) return read
    return allOf.map((part) => this.read(part)).reduce(both, rest)
  }

  /** The alternatives of a union, each with what the union says of all; undefined when it is none. */
  branches(schema: Schema): Schema[] | undefined {
    const { anyOf, oneOf, ...rest } = schema
    const union = anyOf ?? oneOf
    if (Array.isArray(union)) return union.map((one) => both(rest, this.read(one)))
    const { type } = schema
    return Array.isArray(type) ? type.map((one: unknown) => ({ ...schema, type: one })) : undefined
  }

  private follow(ref: string): Schema {
    const steps = ref.split('/').slice(1)
    let found: unknown = this.root
    for (const step of steps) found = isObject(found) ? found[decodeURIComponent(step)] : undefined
    return isObject(found) ? found : {}
  }
}

/** A schema that asks for what both ask for, of what zod writes. */
function both(one: Schema, other: Schema): Schema {
  const patterns = [...patternsOf(one), ...patternsOf(other)]
  return {
    ...one,
    ...other,
    ...(one['properties'] || other['properties']
      ? { properties: { ...membersOf(one), ...membersOf(other) } }
      : {}),
    ...(one['required'] || other['required']
      ? { required: [...requiredOf(one), ...requiredOf(other)] }
      : {}),
    ...(patterns.length > 0 ? { patterns } : {}),
  }
}

export function membersOf({ properties }: Schema): Record<string, unknown> {
  return isObject(properties) ? properties : {}
}

export function requiredOf({ required }: Schema): readonly string[] {
  return Array.isArray(required) ? (required as string[]) : []
}

/** Several, when one string has several rules. */
export function patternsOf({ pattern, patterns }: Schema): readonly string[] {
  if (Array.isArray(patterns)) return patterns as string[]
  return typeof pattern === 'string' ? [pattern] : []
}

export function numberOf(schema: Schema, name: string): number | undefined {
  const value = schema[name]
  return typeof value === 'number' ? value : undefined
}

/** The JSON types of a schema as far as it names them. */
export function typesOf({ type, properties, items, prefixItems }: Schema): readonly string[] {
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type as string[]
  if (properties) return ['object']
  return items || prefixItems ? ['array'] : []
}

/** Whether a value is of a JSON type. */
export function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}
