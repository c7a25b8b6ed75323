import { AshlarError } from '../contracts/error.ts'
import { isObject } from '../contracts/json.ts'
import { shown } from './clause.ts'

/** A run of a path went another way than the machine says. The message says where, and how. */
export class PathError extends AshlarError {
  override readonly name = 'PathError'

  constructor(where: string, problem: string) {
    super('path', `${where}: ${problem}`)
  }
}

/**
 * The first place at which two JSON values differ, for people; undefined where there is none.
 * Members that are `undefined` are as good as missing.
 */
export function differenceOf(expected: unknown, got: unknown, path: string): string | undefined {
  if (Array.isArray(expected) && Array.isArray(got)) {
    if (expected.length !== got.length) {
      const more = `${path}: expected ${expected.length} item(s), got ${got.length}`
      return `${more}: ${shown(expected)} and ${shown(got)}`
    }
    return firstOf(expected.keys(), (index) =>
      differenceOf(expected[index], got[index], `${path}[${index}]`),
    )
  }
  if (isObject(expected) && isObject(got)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(got)])
    return firstOf(names, (name) => differenceOf(expected[name], got[name], `${path}.${name}`))
  }
  if (Object.is(expected, got)) return undefined
  return `${path}: expected ${shown(expected)}, got ${shown(got)}`
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** The place of a move in a path, for messages. */
export function placeOf(index: number, label: string): string {
  return `move ${index + 1} (${label})`
}
