import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** What may cross a process boundary or be stored: JSON, with `undefined` members left out. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * The path of the first value that JSON would lose or change (a function, Date, Map, NaN, class
 * instance, cycle …), or undefined when the value survives a round trip. Members that are
 * `undefined` are allowed in objects: JSON drops them and a reader sees the same.
 */
export function findNonJson(
  value: unknown,
  path = '',
  ancestors: object[] = [],
): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} (${value})`
  if (typeof value !== 'object') return `${path} (${typeof value})`
  if (ancestors.includes(value)) return `${path} (a cycle)`
  const below = [...ancestors, value]
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = findNonJson(item, `${path}[${index}]`, below)
      if (found) return found
    }
    return undefined
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    return `${path} (${value.constructor?.name ?? 'class instance'})`
  }
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const found = findNonJson(item, path ? `${path}.${key}` : key, below)
    if (found) return found
  }
  return undefined
}

/** SHA-256 (hex) of the canonical JSON form (RFC 8785), so that equal values have equal hashes. */
export function hashJson(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? 'undefined')
    .digest('hex')
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** UTF-8 bytes of the JSON text of a value. */
export function toBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/**
 * Parses UTF-8 JSON bytes.
 * @throws SyntaxError or TypeError when the bytes are not UTF-8 JSON; callers turn it into a dead letter.
 */
export function fromBytes(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes))
}
