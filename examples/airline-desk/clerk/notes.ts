import type { Act, Line, Move, NextMoveInput } from '../contracts.ts'
import { writeNames } from '../contracts.ts'
import type { Reservation, User } from '../domain/records.ts'
import { Reservation as ReservationSchema, User as UserSchema } from '../domain/records.ts'
import { anythingElse } from './wording.ts'
import type { Wish } from './wishes.ts'
import { wishOf } from './wishes.ts'

/** Either what was looked for, or the move that leads there. */
export type Step<T> = { value: T } | { move: Move }

const notConfirmed = 'not-confirmed: '

/**
 * What the clerk knows: the conversation, read anew for every move. It keeps nothing, so that the
 * same state always gets the same move.
 */
export class Notes {
  readonly customer: string | null
  /** What the customer wants now, as far as that was understood. */
  readonly wish: Wish | null
  /** What the customer has said since the matter at hand came up, oldest first. */
  readonly words: readonly string[]
  /** The same in one text. */
  readonly said: string
  readonly last: Line | undefined
  /** The matter at hand: lines since it came up. */
  private readonly matter: readonly Line[]
  private readonly lines: readonly Line[]

  constructor({ customer, lines }: Pick<NextMoveInput, 'customer' | 'lines'>) {
    this.customer = customer
    this.lines = lines
    this.last = lines.at(-1)
    const open = lines.slice(lines.findLastIndex(closes) + 1)
    const at = open.findLastIndex((line) => line.from === 'customer' && wishOf(line.text) !== null)
    this.wish = at < 0 ? null : wishOf(open[at]!.text)
    this.matter = at < 0 ? open : withFollowUps(open, at, this.wish)
    this.words = this.matter.flatMap(wordsOf)
    this.said = this.words.join('\n')
  }

  /** What the customer answered when the clerk last said something that begins like this. */
  replyTo(question: string): string | undefined {
    const at = this.matter.findLastIndex(
      ({ from, text }) => from === 'desk' && text.startsWith(question),
    )
    if (at < 0) return undefined
    const after = this.matter.slice(at + 1)
    const next = after.findIndex(({ from }) => from === 'desk')
    return after.slice(0, next < 0 ? undefined : next).flatMap(wordsOf)[0]
  }

  /** Reservations that were named or worked on before the matter at hand, the last one first. */
  get reservationsBefore(): string[] {
    const before = this.lines.slice(0, this.lines.length - this.matter.length).toReversed()
    return before.flatMap((line) => {
      const id = line.from === 'tool' && !isWritten(line) ? undefined : line.call?.arguments
      const worked = id?.['reservation_id']
      return typeof worked === 'string' ? [worked] : wordsOf(line).flatMap((text) => idLike(text))
    })
  }

  /** The newest answer to a call that no write has made stale since. */
  answerTo({ name, arguments: args }: Act): string | undefined {
    const fresh = this.lines.slice(this.lines.findLastIndex(isWritten) + 1)
    const wanted = JSON.stringify(args)
    return fresh.findLast(
      ({ from, call }) =>
        from === 'tool' && call?.name === name && JSON.stringify(call.arguments) === wanted,
    )?.text
  }

  /** The newest answer, as JSON, or the call that asks for it. */
  look(type: 'LOOK_UP' | 'SEARCH', call: Act): Step<unknown> {
    const text = this.answerTo(call)
    return text === undefined ? { move: { type, ...call } } : { value: parse(text) }
  }

  profile(): Step<User> {
    const call = { name: 'get_user_details', arguments: { user_id: this.customer } }
    return checked(this.look('LOOK_UP', call), UserSchema)
  }

  reservation(id: string): Step<Reservation> {
    const call = { name: 'get_reservation_details', arguments: { reservation_id: id } }
    return checked(this.look('LOOK_UP', call), ReservationSchema)
  }

  /** Cities by the code of their airport. */
  airports(): Step<Record<string, string>> {
    const found = this.look('LOOK_UP', { name: 'list_all_airports', arguments: {} })
    return 'move' in found ? found : { value: (found.value ?? {}) as Record<string, string> }
  }

  /** How often in a row the clerk ended with words that begin like this. */
  timesSaid(text: string): number {
    const said = this.lines.filter(({ from }) => from === 'desk').toReversed()
    const other = said.findIndex((line) => !line.text.startsWith(text))
    return other < 0 ? said.length : other
  }

  /** True when exactly this was proposed, and the customer did not agree to it. */
  wasTurnedDown(act: Act): boolean {
    const { last } = this
    if (!last || !isNotConfirmed(last)) return false
    return JSON.stringify(last.call?.arguments) === JSON.stringify(act.arguments)
  }
}

/** A proposal that the customer did not agree to, as against one that a rule forbids. */
export function isNotConfirmed({ from, text }: Line): boolean {
  return from === 'policy' && text.startsWith(notConfirmed)
}

/** What a customer answered instead of a yes is something that the customer said. */
function wordsOf(line: Line): string[] {
  if (line.from === 'customer') return [line.text]
  return isNotConfirmed(line) ? [line.text.split(': ').slice(2).join(': ')] : []
}

/** A matter is closed when it is done, when a rule forbids it, or when the clerk asks for the next. */
function closes(line: Line): boolean {
  if (line.from === 'policy') return !isNotConfirmed(line)
  if (line.from === 'desk') return line.text.endsWith(anythingElse)
  return isWritten(line)
}

/** Words that may be ids of reservations. */
export function idLike(text: string): string[] {
  return text.toUpperCase().match(/\b[A-Z0-9]{6}\b/g) ?? []
}

export function isWritten({ from, call, text }: Line): boolean {
  const isWrite = call !== undefined && writeNames.includes(call.name)
  return from === 'tool' && isWrite && !text.startsWith('Error:')
}

/** Said again in other words, a wish is still the same matter. */
function withFollowUps(open: readonly Line[], at: number, wish: Wish | null): readonly Line[] {
  let first = at
  for (let index = at - 1; index >= 0; index--) {
    const { from, text } = open[index]!
    if (from !== 'customer') continue
    const earlier = wishOf(text)
    if (earlier !== null && earlier !== wish) break
    first = index
  }
  return open.slice(first)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checked<T>(
  found: Step<unknown>,
  schema: { safeParse(value: unknown): { success: boolean; data?: T } },
): Step<T> {
  if ('move' in found) return found
  const { success, data } = schema.safeParse(found.value)
  if (success) return { value: data as T }
  const summary = 'The records of this customer cannot be read.'
  return { move: { type: 'TRANSFER', summary } }
}
