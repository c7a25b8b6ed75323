import { choiceKey } from './openai-reading.ts'
import type { OptionSchema } from './option-schema.ts'
import { shapesOf } from './option-schema.ts'

type Schema = Record<string, unknown>

/** Structured outputs want one object at the root, so the union of the options lies in a member. */
export function wrapped({ byType }: OptionSchema): Schema {
  return {
    type: 'object',
    properties: { [choiceKey]: { anyOf: [...byType.values()] } },
    required: [choiceKey],
    additionalProperties: false,
  }
}

/**
 * The options as tools, one per shape: a tool takes one object. A tool's name has fewer characters
 * than an event's type may have.
 */
export function functionsOf({ byType }: OptionSchema): {
  list: { name: string; description: string; parameters: Schema }[]
  typeOf(name: string): string
} {
  const typeByName = new Map<string, string>()
  const shapes = [...byType].flatMap(([type, option]) =>
    shapesOf(option).map((schema) => ({ type, schema })),
  )
  const list = shapes.map(({ type, schema }, index) => {
    const full = [type, ...literalsOf(schema)].join('_')
    const plain = full.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, longestNameCharacters)
    const name = typeByName.has(plain) ? `${plain}_${index}` : plain
    typeByName.set(name, type)
    const description = (schema['description'] as string | undefined) ?? `The move ${type}.`
    return { name, description, parameters: withoutType(schema) }
  })
  return { list, typeOf: (name) => typeByName.get(name) ?? name }
}

/** 64 are allowed; some are left for a number that tells two names apart. */
const longestNameCharacters = 60

/** What tells the shapes of one option apart. */
function literalsOf(schema: Schema): string[] {
  return Object.entries(schema['properties'] as Record<string, Schema>).flatMap(
    ([name, { const: value }]) => (name !== 'type' && typeof value === 'string' ? [value] : []),
  )
}

function withoutType(schema: Schema): Schema {
  const { type: _type, ...properties } = schema['properties'] as Schema
  const required = ((schema['required'] ?? []) as string[]).filter((name) => name !== 'type')
  return { ...schema, properties, required }
}
