import { InputError } from './error.ts'

/** Names of tools and decisions are names of queues. */
export function checkQueueName(field: string, name: string): void {
  const fits = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)
  checkMember(fits, field, 'a letter, then up to 63 letters, digits, `-`, `_` and `.`', name)
}

/** A finite number from `least` on. */
export function checkNumber(field: string, value: number, least: number): void {
  const fits = Number.isFinite(value) && value >= least
  checkMember(fits, field, `a finite number, at least ${least}`, value)
}

/** @throws InputError when a member of a declaration is not what it should be */
export function checkMember(fits: boolean, field: string, expected: string, got: unknown): void {
  if (fits) return
  throw new InputError({ field, expected, got: String(got), todo: 'correct the declaration' })
}
