import { choiceKey } from './openai-reading.ts'
import type { OptionSchema } from './option-schema.ts'

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

/** The options as tools. A tool's name has fewer characters than an event's type may have. */
export function functionsOf({ byType }: OptionSchema): {
  list: { name: string; description: string; parameters: Schema }[]
  typeOf(name: string): string
} {
  const typeByName = new Map<string, string>()
  const list = [...byType].map(([type, schema], index) => {
    const plain = type.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, longestNameCharacters)
    const name = typeByName.has(plain) ? `${plain}_${index}` : plain
    typeByName.set(name, type)
    const description = (schema['description'] as string | undefined) ?? `The move ${type}.`
    return { name, description, parameters: withoutType(schema) }
  })
  return { list, typeOf: (name) => typeByName.get(name) ?? name }
}

/** 64 are allowed; some are left for a number that tells two names apart. */
const longestNameCharacters = 60

function withoutType(schema: Schema): Schema {
  const { type: _type, ...properties } = schema['properties'] as Schema
  const required = ((schema['required'] ?? []) as string[]).filter((name) => name !== 'type')
  return { ...schema, properties, required }
}
