import * as z from 'zod'
import type { AgentEvent } from '../contracts/event.ts'
import { isObject } from '../contracts/json.ts'

type Schema = { [key: string]: unknown }

/** The offered options as a model's server takes them. */
export interface OptionSchema {
  /** One JSON Schema per option, by its `type`. */
  readonly byType: ReadonlyMap<string, Schema>
  /** The server can be asked to keep to the schemas exactly. */
  readonly isStrict: boolean
  /** Takes the `null`s out that strictness made a model fill in. */
  restore(option: unknown): unknown
}

/**
 * What OpenAI's strict structured outputs understand besides structure (Structured outputs guide,
 * "Supported schemas"). Other rules are left out: the contract checks the answer anyway.
 */
const strictKeywords: ReadonlySet<string> = new Set(
  [
    ['type', 'enum', 'const', 'description', 'properties', 'required', 'items', 'anyOf', '$ref'],
    ['additionalProperties', 'pattern', 'format', 'multipleOf', 'minimum', 'maximum'],
    ['exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems'],
  ].flat(),
)
const strictFormats: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
])

/** Thrown inside only: the schema has no strict form. */
class NotStrict extends Error {}

/** A decision is asked in few states, so few sets of options are offered; more are made anew. */
const keptPerDecision = 64
const kept = new WeakMap<z.ZodType<AgentEvent>, Map<string, OptionSchema>>()

/**
 * The schemas of the offered options, strict where all of them have such a form. To make them costs
 * more than the rest of a question, so they are kept.
 */
export function optionSchema(
  options: z.ZodType<AgentEvent>,
  offered: readonly string[],
): OptionSchema {
  const known = kept.get(options) ?? new Map<string, OptionSchema>()
  kept.set(options, known)
  const key = JSON.stringify(offered)
  const schema = known.get(key) ?? makeSchema(options, offered)
  if (known.size < keptPerDecision) known.set(key, schema)
  return schema
}

function makeSchema(options: z.ZodType<AgentEvent>, offered: readonly string[]): OptionSchema {
  const loose = new Map<string, Schema>()
  for (const schema of alternatives(options)) {
    const type = typeOf(schema)
    if (type !== undefined && offered.includes(type)) loose.set(type, schema)
  }
  const restore = (option: unknown): unknown => {
    const type = (option as { type?: unknown } | null)?.type
    const schema = typeof type === 'string' ? loose.get(type) : undefined
    return schema ? withoutFilled(option, schema) : option
  }
  try {
    const strict = [...loose].map(([type, schema]) => [type, strictly(schema)] as const)
    return { byType: new Map(strict), isStrict: true, restore }
  } catch (thrown) {
    if (!(thrown instanceof NotStrict)) throw thrown
    return { byType: loose, isStrict: false, restore: (option) => option }
  }
}

function alternatives(options: z.ZodType<AgentEvent>): Schema[] {
  const whole: Schema = z.toJSONSchema(options, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  })
  return branchesOf(whole) ?? [whole]
}

function branchesOf(schema: Schema): Schema[] | undefined {
  return (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined
}

/** An option may be a union itself: its `type` with different members. */
export function shapesOf(option: Schema): Schema[] {
  return branchesOf(option)?.flatMap(shapesOf) ?? [option]
}

function typeOf(option: Schema): string | undefined {
  const [schema = option] = shapesOf(option)
  const { const: type } = (propertiesOf(schema)['type'] ?? {}) as { const?: unknown }
  return typeof type === 'string' ? type : undefined
}

function propertiesOf(schema: Schema): Record<string, Schema> {
  return (schema['properties'] ?? {}) as Record<string, Schema>
}

/** @throws NotStrict */
function strictly(schema: Schema): Schema {
  const { oneOf, ...rest } = schema
  const given: Schema = oneOf === undefined ? rest : { ...rest, anyOf: oneOf }
  const kept = Object.entries(given).filter(([key]) => strictKeywords.has(key))
  const strict: Schema = Object.fromEntries(kept)
  if (!['type', 'anyOf', 'enum', 'const'].some((key) => key in strict)) throw new NotStrict()
  if ('$ref' in given || 'allOf' in given || 'not' in given) throw new NotStrict()
  if ('format' in strict && !strictFormats.has(strict['format'])) delete strict['format']
  if (strict['anyOf']) strict['anyOf'] = (strict['anyOf'] as Schema[]).map(strictly)
  if (isOf(strict, 'array')) {
    if (Array.isArray(given['prefixItems']) || !strict['items']) throw new NotStrict()
    strict['items'] = strictly(strict['items'] as Schema)
  }
  return isOf(strict, 'object') ? strictObject(given, strict) : strict
}

function strictObject(given: Schema, strict: Schema): Schema {
  const others = given['additionalProperties']
  if (others !== undefined && others !== false) throw new NotStrict()
  const required = (given['required'] ?? []) as string[]
  const properties: Record<string, Schema> = {}
  for (const [name, property] of Object.entries(propertiesOf(given))) {
    const inner = strictly(property)
    properties[name] = required.includes(name) ? inner : { anyOf: [inner, { type: 'null' }] }
  }
  return { ...strict, properties, required: Object.keys(properties), additionalProperties: false }
}

/** An optional member that is `null` was left out, where its own schema takes no `null`. */
function withoutFilled(value: unknown, given: Schema): unknown {
  const schema = branchOf(value, given)
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema | undefined
    return items ? value.map((item) => withoutFilled(item, items)) : value
  }
  if (!isObject(value)) return value
  const required = (schema['required'] ?? []) as string[]
  const properties = propertiesOf(schema)
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const property = properties[name]
    if (!property) return [[name, member] as const]
    if (member === null && !required.includes(name) && !takesNull(property)) return []
    return [[name, withoutFilled(member, property)] as const]
  })
  return Object.fromEntries(kept)
}

/** Of a union the alternative that the value is of, by its kind and its literal members. */
function branchOf(value: unknown, schema: Schema): Schema {
  const fitting = branchesOf(schema)?.find((alternative) => {
    if (Array.isArray(value)) return isOf(alternative, 'array')
    if (!isObject(value) || !isOf(alternative, 'object')) return false
    return Object.entries(propertiesOf(alternative)).every(
      ([name, property]) => !('const' in property) || property['const'] === value[name],
    )
  })
  return fitting ?? schema
}

function takesNull(schema: Schema): boolean {
  if (isOf(schema, 'null')) return true
  return (branchesOf(schema) ?? []).some(takesNull)
}

function isOf({ type }: Schema, name: string): boolean {
  return Array.isArray(type) ? type.includes(name) : type === name
}
