/** What an agent is at: numbers of tables. `form` 0: it has not begun. */
export interface Slot {
  readonly agent: number
  readonly form: number
  readonly mail: number
}

/** One state of a composition, in numbers of tables. */
export interface Scene {
  readonly outside: number
  readonly monitors: number
  readonly crashes: number
  readonly duplicates: number
  readonly delays: number
  /** Per outsider with a bound: how often it may still send. */
  readonly sends: readonly number[]
  /** By agent. */
  readonly slots: readonly Slot[]
  /** Sorted: their order means nothing. */
  readonly calls: readonly number[]
}

const fixed = 5

/** The scene as a list of numbers, for hashing and for the queue of the search. */
export function encodeScene(scene: Scene): number[] {
  const { outside, monitors, crashes, duplicates, delays, sends, slots, calls } = scene
  const code = [outside, monitors, crashes, duplicates, delays, ...sends, slots.length]
  for (const { agent, form, mail } of slots) code.push(agent, form, mail)
  for (const call of calls) code.push(call)
  return code
}

/** @param outsiders how many outsiders have a bound */
export function decodeScene(code: ArrayLike<number>, outsiders: number): Scene {
  const [outside, monitors, crashes, duplicates, delays] = [0, 1, 2, 3, 4].map((at) => code[at]!)
  let at = fixed
  const sends: number[] = []
  while (at < fixed + outsiders) sends.push(code[at++]!)
  const slots: Slot[] = []
  const count = code[at++]!
  for (let index = 0; index < count; index++, at += 3) {
    slots.push({ agent: code[at]!, form: code[at + 1]!, mail: code[at + 2]! })
  }
  const calls: number[] = []
  while (at < code.length) calls.push(code[at++]!)
  return {
    outside: outside!,
    monitors: monitors!,
    crashes: crashes!,
    duplicates: duplicates!,
    delays: delays!,
    sends,
    slots,
    calls,
  }
}
