import type { AnyStateMachine } from 'xstate'
import type { Problem } from './problem.ts'

/** A user's function inside a machine, and where it stands. */
export interface FoundFunction {
  path: string
  run: (...args: never[]) => unknown
  /** `to` of a sendTo may name `self`; everything else would see a stand-in. */
  mayUseSelf: boolean
}

/** Members of built-in actions and guards that hold functions of the user. */
const nestedMembers = ['assignment', 'event', 'to', 'delay', 'input', 'collect', 'value', 'guards']

/** Every function of the configuration and the implementations, sources left out. */
export function collectFunctions(machine: AnyStateMachine): FoundFunction[] {
  const found: FoundFunction[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, path: string): void => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return
    if (seen.has(value)) return
    seen.add(value)
    if (typeof value === 'function') {
      const nested = nestedMembers.filter((member) => Object.hasOwn(value, member))
      for (const member of nested) {
        visit((value as unknown as Record<string, unknown>)[member], `${path}.${member}`)
      }
      if (!('resolve' in value) && !('check' in value)) {
        const run = value as FoundFunction['run']
        found.push({ path, run, mayUseSelf: path.endsWith('.to') })
      }
      return
    }
    for (const [key, item] of Object.entries(value)) visit(item, path ? `${path}.${key}` : key)
  }
  visit(machine.config, machine.id)
  const { actions, guards, delays } = machine.implementations
  visit(actions, 'actions')
  visit(guards, 'guards')
  visit(delays, 'delays')
  return found
}

/** Where the first parameter is taken apart: `({ context, self }) =>`. */
const opening = /^(?:async\s*)?(?:function\b[^(]*|[\w$]+\s*)?\(?\s*\{/

/** The members that the first parameter takes apart at its outermost level. */
function takenApart(source: string): string[] {
  const start = opening.exec(source)?.[0].length
  if (start === undefined) return []
  const members = ['']
  let depth = 0
  for (const letter of source.slice(start)) {
    if (letter === '}' && depth === 0) break
    if ('{[('.includes(letter)) depth++
    if ('}])'.includes(letter)) depth--
    if (letter === ',' && depth === 0) members.push('')
    else members[members.length - 1] += letter
  }
  return members.map((member) => member.split(/[:=]/)[0]!.trim())
}

/**
 * Reads the source text of a function for `self`, `system` and `spawn`. This finds the usual
 * spelling at registration; the step refuses what slips through when it meets it.
 */
export function checkFunction(found: FoundFunction, problems: Problem[]): void {
  const names = takenApart(found.run.toString())
  const { path } = found
  if (names.includes('system')) {
    const problem = 'it uses `system`, which exists only inside one process'
    problems.push({ path, problem, todo: 'send to a child by id or to `{ address: "type/id" }`' })
  }
  if (names.includes('self') && !found.mayUseSelf) {
    const problem = 'it uses `self`, a live reference that cannot be stored'
    problems.push({ path, problem, todo: 'use `raise`, `sendTo` or the input of the agent' })
  }
  if (names.includes('spawn')) {
    const problem = 'it spawns inside assign or context, which leaves no trace in the journal'
    problems.push({ path, problem, todo: 'use the spawnChild action with an explicit id' })
  }
}
