import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** What may cross a process boundary or be stored: JSON, with `undefined` members left out. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * The path of the first value that JSON would lose or change (a function, Date, Map, NaN, class
 * instance, cycle …), or undefined when the value survives a round trip. Members that are
 * `undefined` are allowed in objects: JSON drops them and a reader sees the same.
 */
export function findNonJson(value: unknown, path = ''): string | undefined {
  return isJson(value, 0) ? undefined : locateNonJson(value, path, [])
}

/** Deeper than this it is taken for a cycle until the search with a path has looked. */
const quickDepthMax = 64

/** The verdict without the path: every step asks, and hardly one is refused. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth > quickDepthMax) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (!isJson(value[index], depth + 1)) return false
    }
    return true
  }
  if (!isPlain(value)) return false
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key]
    if (item !== undefined && !isJson(item, depth + 1)) return false
  }
  return true
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function locateNonJson(value: unknown, path: string, ancestors: object[]): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} (${value})`
  if (typeof value !== 'object') return `${path} (${typeof value})`
  if (ancestors.includes(value)) return `${path} (a cycle)`
  const below = [...ancestors, value]
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = locateNonJson(item, `${path}[${index}]`, below)
      if (found) return found
    }
    return undefined
  }
  if (!isPlain(value)) return `${path} (${value.constructor?.name ?? 'class instance'})`
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const found = locateNonJson(item, path ? `${path}.${key}` : key, below)
    if (found) return found
  }
  return undefined
}

/**
 * A copy that shares nothing with JSON data; several times faster than `structuredClone` on what a
 * step handles. Of what is not JSON it copies the reference, for {@link findNonJson} to find.
 */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyJson) as T
  if (!isPlain(value)) return value
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const item = copyJson((value as Record<string, unknown>)[key])
    // Assigned, it would become the prototype of the copy.
    if (key === '__proto__') Object.defineProperty(copy, key, { ...ownMember, value: item })
    else copy[key] = item
  }
  return copy as T
}

const ownMember = { configurable: true, enumerable: true, writable: true } as const

/** SHA-256 (hex) of the canonical JSON form (RFC 8785), so that equal values have equal hashes. */
export function hashJson(value: unknown): string {
  return hash('sha256', canonicalize(value) ?? 'undefined')
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** UTF-8 bytes of the JSON text of a value. */
export function toBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/**
 * Parses UTF-8 JSON bytes.
 * @throws SyntaxError or TypeError when the bytes are not UTF-8 JSON; callers turn it into a dead letter.
 */
export function fromBytes(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes))
}

/** The value of a JSON text; undefined when it is none. */
export function readText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** As {@link fromBytes}, undefined when nobody can read it: for what comes from the wire. */
export function readBytes(bytes: Uint8Array): unknown {
  try {
    return fromBytes(bytes)
  } catch {
    return undefined
  }
}

/** True for an object that is no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
