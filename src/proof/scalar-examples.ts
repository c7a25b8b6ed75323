import type { Random } from '../contracts/random.ts'
import { samplePattern } from './pattern-sample.ts'
import type { Schema } from './schema-shape.ts'
import { numberOf, patternsOf } from './schema-shape.ts'

/** One text per format that zod knows and that no pattern makes by chance. */
const formats: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2024-05-15T15:00:00Z', '2024-02-29T23:59:59Z', '2024-05-15T15:00:00+02:00'],
  date: ['2024-05-15', '2024-02-29'],
  time: ['15:00:00', '00:00:00'],
  duration: ['PT1H', 'P1D'],
  email: ['a@example.com', 'a.b+c@sub.example.org'],
  uri: ['https://example.com', 'https://example.com/a?b=c#d'],
  uuid: ['00000000-0000-4000-8000-000000000000', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
  ipv4: ['192.0.2.1'],
  ipv6: ['2001:db8::1'],
  hostname: ['example.com'],
  base64: ['', 'YQ=='],
  base64url: ['', 'YQ'],
  jwt: ['eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.'],
}

/** A short one first; then the empty one, and what breaks careless quoting. */
const texts: readonly string[] = ['a', '', 'Zoë said "no"\n\\ {{x}} <b> ☃']
/** Beyond this the longest text that a schema allows is not worth making. */
const longestMade = 10_000
const patternTries = 24
const textsKept = 6

/** Texts that may fit a schema, short ones first; the schema itself has the last word. */
export function textExamples(schema: Schema, random: Random): string[] {
  const patterns = patternsOf(schema)
  const least = numberOf(schema, 'minLength') ?? 0
  const most = numberOf(schema, 'maxLength') ?? Number.POSITIVE_INFINITY
  const known = formats[String(schema['format'])] ?? []
  const sampled = patterns.flatMap((pattern) => patternExamples(pattern, random))
  // Of several rules a text may have to satisfy all: those of one beside those of another.
  const joined = patterns.length > 1 ? joinSamples(patterns, random) : []
  const plain = patterns.length > 0 || known.length > 0 ? [] : texts
  const all = [...known, ...sampled, ...joined, ...plain.map((text) => text.padEnd(least, 'a'))]
  if (plain.length > 0 && most <= longestMade) all.push('a'.repeat(most))
  const fitting = all.filter(({ length }) => length >= least && length <= most)
  const matching = fitting.filter((text) => patterns.every((one) => matches(one, text)))
  return [...new Set(matching)].slice(0, textsKept)
}

/** The flags of a schema's expression are lost in JSON Schema; some are none under `u`. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return new RegExp(pattern).test(text)
  }
}

function patternExamples(pattern: string, random: Random): string[] {
  const shortest = samplePattern(pattern, () => 0)
  if (shortest === undefined) return []
  const more = Array.from({ length: patternTries }, () =>
    samplePattern(pattern, (count) => Math.floor(random.next() * count)),
  )
  return [shortest, ...more.filter((one) => one !== undefined)]
}

function joinSamples(patterns: readonly string[], random: Random): string[] {
  return Array.from({ length: patternTries }, () =>
    patterns
      .map((one) => samplePattern(one, (count) => Math.floor(random.next() * count)) ?? '')
      .join(''),
  )
}

/** Numbers that fit a schema: small ones first, then the borders. */
export function numberExamples(schema: Schema, isInteger: boolean): number[] {
  const step = numberOf(schema, 'multipleOf') ?? (isInteger ? 1 : undefined)
  const { least, most } = numberBounds(schema, step)
  const near = step === undefined ? [0, 1, -1, 0.5] : [0, step, -step]
  const borders = [least, most].filter((one) => Number.isFinite(one))
  const onSteps = (value: number): number =>
    step === undefined ? value : Math.ceil(value / step) * step
  const above = Number.isFinite(least) ? [onSteps(least), onSteps(least) + (step ?? 1)] : []
  const below = Number.isFinite(most) && step !== undefined ? [Math.floor(most / step) * step] : []
  const all = [...near, ...above, ...below, ...borders].map((one) => (one === 0 ? 0 : one))
  const isFitting = (value: number): boolean =>
    value >= least && value <= most && (step === undefined || isMultiple(value, step))
  return [...new Set(all.filter(isFitting))]
}

/** The border itself is inside, also where the schema excludes it. */
function numberBounds(schema: Schema, step: number | undefined): { least: number; most: number } {
  const beyond = step ?? 0.001
  const above = numberOf(schema, 'exclusiveMinimum')
  const below = numberOf(schema, 'exclusiveMaximum')
  return {
    least: Math.max(
      numberOf(schema, 'minimum') ?? Number.NEGATIVE_INFINITY,
      above === undefined ? Number.NEGATIVE_INFINITY : above + beyond,
    ),
    most: Math.min(
      numberOf(schema, 'maximum') ?? Number.POSITIVE_INFINITY,
      below === undefined ? Number.POSITIVE_INFINITY : below - beyond,
    ),
  }
}

function isMultiple(value: number, step: number): boolean {
  const times = value / step
  return Math.abs(times - Math.round(times)) < 1e-9
}
