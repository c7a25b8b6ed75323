import type * as z from 'zod'
import { copyJson, isObject } from '../contracts/json.ts'
import type { Schema } from './schema-shape.ts'
import {
  isOfType,
  membersOf,
  numberOf,
  patternsOf,
  requiredOf,
  Shape,
  typesOf,
} from './schema-shape.ts'

/** A value that a schema refuses for one reason. */
export interface NearMiss {
  value: unknown
  /** Where it is wrong, with dots; empty: all of it. */
  path: string
  /** What is wrong, in a few words. */
  what: string
}

type Put = (value: unknown) => unknown
type Path = readonly (string | number)[]

const wrongTypes: readonly unknown[] = [null, 'a', 0.5, true, {}, []]
const noSuchOption = 'no such option'
const longestMade = 10_000

/**
 * Values near the examples that a schema refuses: a member that is missing, of the wrong type or
 * beyond a bound, an option that does not exist, a key too many. Each kind once per place; what the
 * schema accepts after all (because it coerces, or has a default) is left out.
 */
export function nearMisses(
  schema: z.ZodType,
  examples: readonly unknown[],
  most = 200,
): NearMiss[] {
  const shape = new Shape(schema)
  const found = new Map<string, NearMiss>()
  for (const example of examples) {
    new Walk(shape, example, ({ value, path, what }) => {
      const key = `${path} ${what}`
      if (found.has(key) || schema.safeParse(value).success) return
      found.set(key, { value, path, what })
    }).all()
  }
  return [...found.values()].slice(0, most)
}

class Walk {
  private readonly shape: Shape
  private readonly example: unknown
  private readonly report: (miss: NearMiss) => void

  constructor(shape: Shape, example: unknown, report: (miss: NearMiss) => void) {
    this.shape = shape
    this.example = example
    this.report = report
  }

  all(): void {
    this.look(this.shape.root, this.example, [], (value) => value)
  }

  /** `put` gives the whole example with something else in this place. */
  private look(given: unknown, value: unknown, path: Path, put: Put): void {
    const schema = this.fitting(this.shape.read(given), value, (what, wrong) =>
      this.say(what, path, put(wrong)),
    )
    const say = (what: string, wrong: unknown): void => this.say(what, path, put(wrong))
    for (const wrong of wrongTypes) {
      const types = typesOf(schema)
      const isWrong = types.length > 0 && !types.some((type) => isOfType(wrong, type))
      if (isWrong || 'const' in schema || 'enum' in schema)
        say(`a wrong type (${named(wrong)})`, wrong)
    }
    if ('const' in schema || 'enum' in schema) say('an unknown option', noSuchOption)
    if (typeof value === 'string') lookAtText(schema, value, say)
    if (typeof value === 'number') lookAtNumber(schema, say)
    if (Array.isArray(value)) this.lookAtList(schema, value, path, put)
    else if (isObject(value)) this.lookAtObject(schema, value, path, put)
  }

  /** Of a union the alternative that the value is of; a value of another discriminator on the way. */
  private fitting(
    schema: Schema,
    value: unknown,
    say: (what: string, wrong: unknown) => void,
  ): Schema {
    const branches = this.shape.branches(schema)
    if (!branches) return schema
    if (branches.every((one) => !('const' in one) && typesOf(one).length === 1)) {
      for (const wrong of wrongTypes) {
        if (!branches.some((one) => isOfType(wrong, typesOf(one)[0]!))) {
          say(`a wrong type (${named(wrong)})`, wrong)
        }
      }
    } else if (typeof value === 'string') say('an unknown option', noSuchOption)
    const found = branches.find((one) => this.isOf(one, value))
    return found ? this.fitting(found, value, say) : {}
  }

  private isOf(schema: Schema, value: unknown): boolean {
    const branches = this.shape.branches(schema)
    if (branches) return branches.some((one) => this.isOf(one, value))
    if ('const' in schema) return schema['const'] === value
    if (Array.isArray(schema['enum'])) return schema['enum'].includes(value)
    const types = typesOf(schema)
    if (types.length > 0 && !types.some((type) => isOfType(value, type))) return false
    if (!isObject(value)) return true
    return (
      requiredOf(schema).every((name) => name in value) &&
      Object.entries(membersOf(schema)).every(
        ([name, member]) => !(name in value) || this.isOf(this.shape.read(member), value[name]),
      )
    )
  }

  private lookAtObject(schema: Schema, value: Record<string, unknown>, path: Path, put: Put): void {
    const members = membersOf(schema)
    for (const name of requiredOf(schema)) {
      const { [name]: _, ...rest } = value
      if (name in value) this.say('a missing member', [...path, name], put(rest))
    }
    if (schema['additionalProperties'] === false) {
      this.say('a key too many', path, put({ ...value, noSuchMember: 1 }))
    }
    const others = schema['additionalProperties']
    for (const [name, member] of Object.entries(value)) {
      const below = name in members ? members[name] : isObject(others) ? others : undefined
      if (below === undefined) continue
      const putBelow: Put = (wrong) => put({ ...value, [name]: wrong })
      this.look(below, member, [...path, name], putBelow)
    }
  }

  private lookAtList(schema: Schema, value: readonly unknown[], path: Path, put: Put): void {
    const least = numberOf(schema, 'minItems') ?? 0
    const most = numberOf(schema, 'maxItems') ?? longestMade
    if (least > 0) this.say('too few items', path, put(value.slice(0, least - 1)))
    if (most < 1_000 && value.length > 0) {
      const many = Array.from({ length: most + 1 }, (_, index) => value[index % value.length])
      this.say('too many items', path, put(many))
    }
    const heads = (schema['prefixItems'] ?? []) as unknown[]
    for (const [index, item] of value.entries()) {
      // One item of a kind is enough.
      if (index > heads.length) break
      const below = heads[index] ?? schema['items']
      if (below !== undefined) {
        this.look(below, item, [...path, index], (wrong) => put(value.with(index, wrong)))
      }
    }
  }

  private say(what: string, path: Path, value: unknown): void {
    this.report({ what, path: path.join('.'), value: copyJson(value) })
  }
}

function named(value: unknown): string {
  return JSON.stringify(value)
}

function lookAtText(
  schema: Schema,
  value: string,
  say: (what: string, wrong: unknown) => void,
): void {
  const least = numberOf(schema, 'minLength') ?? 0
  const most = numberOf(schema, 'maxLength') ?? longestMade
  if (least > 0) say('too short', value.slice(0, least - 1))
  if (most < longestMade) say('too long', value.padEnd(most + 1, value || 'a'))
  if (patternsOf(schema).length > 0 || 'format' in schema) say('a text of another form', '\u0000?')
}

function lookAtNumber(schema: Schema, say: (what: string, wrong: unknown) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (typeof exclusiveMinimum === 'number') say('too small', exclusiveMinimum)
  if (typeof minimum === 'number' && Number.isSafeInteger(minimum - 1))
    say('too small', minimum - 1)
  if (typeof exclusiveMaximum === 'number') say('too large', exclusiveMaximum)
  if (typeof maximum === 'number' && Number.isSafeInteger(maximum + 1))
    say('too large', maximum + 1)
  if (schema['type'] === 'integer') say('no whole number', 0.5)
  if (typeof multipleOf === 'number') say('between two steps', multipleOf / 2)
}
