import { TODAY } from '../domain/clock.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const month = String.raw`(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`
const day = String.raw`(\d{1,2})(?:st|nd|rd|th)?`

const forms: readonly (readonly [RegExp, (parts: string[], near: string) => string | null])[] = [
  [/\b(\d{4})-(\d{2})-(\d{2})\b/g, ([y, m, d]) => iso(Number(y), Number(m), Number(d))],
  [
    new RegExp(String.raw`\b${month} ${day}\b(?!:)`, 'gi'),
    ([m, d]) => iso(thisYear, months.indexOf(m!.toLowerCase()) + 1, Number(d)),
  ],
  [
    new RegExp(String.raw`\b${day}(?: of)? ${month}(?![a-z])`, 'gi'),
    ([d, m]) => iso(thisYear, months.indexOf(m!.toLowerCase()) + 1, Number(d)),
  ],
  [/\b(\d{1,2})\/(\d{1,2})\b/g, ([m, d]) => iso(thisYear, Number(m), Number(d))],
  [
    /\bthe (\d{1,2})(?:st|nd|rd|th)\b(?! of| (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))/gi,
    ([d], near) => iso(Number(near.slice(0, 4)), Number(near.slice(5, 7)), Number(d)),
  ],
  [/\b(today|tomorrow)\b/gi, ([word]) => plusDays(TODAY, word!.toLowerCase() === 'today' ? 0 : 1)],
  [
    new RegExp(String.raw`\b(${weekdays.join('|')})\b`, 'gi'),
    ([name]) => nextWeekday(weekdays.indexOf(name!.toLowerCase())),
  ],
]
const thisYear = Number(TODAY.slice(0, 4))

/**
 * The dates in a text as YYYY-MM-DD, in their order. A day without a month is of the month of
 * `near`, a weekday is the next one.
 */
export function datesIn(text: string, near: string = TODAY): string[] {
  const found = forms.flatMap(([pattern, read]) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const date = read(match.slice(1), near)
      return date === null ? [] : [{ date, at: match.index }]
    }),
  )
  return found.toSorted((a, b) => a.at - b.at).map(({ date }) => date)
}

const shifts =
  /\b(a|an|one|two|three|four|five|six|seven|\d+|the next|the following|the previous) ?(day|week)s?\b ?(later|earlier|after|before|sooner)?/i
const words: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
}

/** "Two days later", as days; 0 when nothing of the kind is said. */
export function shiftIn(text: string): number {
  const match = shifts.exec(text)
  if (!match) return /\bthe day (?:before|earlier)\b/i.test(text) ? -1 : 0
  const [, count, unit, direction] = match as unknown as [string, string, string, string?]
  const named = count.toLowerCase()
  const isRelative = named.startsWith('the ')
  if (!direction && !isRelative) return 0
  const days = (words[named] ?? (Number(count) || 1)) * (unit.toLowerCase() === 'week' ? 7 : 1)
  const isBack = /earlier|before|sooner/i.test(direction ?? '') || named === 'the previous'
  return isBack ? -days : days
}

export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** As people write it: May 22 (Wednesday). */
export function showDate(date: string): string {
  const at = new Date(`${date}T00:00:00Z`)
  const form = { timeZone: 'UTC', month: 'long', day: 'numeric' } as const
  const name = at.toLocaleDateString('en-US', { timeZone: 'UTC', weekday: 'long' })
  return `${at.toLocaleDateString('en-US', form)} (${name})`
}

function nextWeekday(wanted: number): string {
  const today = new Date(`${TODAY}T00:00:00Z`).getUTCDay()
  return plusDays(TODAY, (wanted - today + 7) % 7 || 7)
}

/** Null when there is no such day. */
function iso(year: number, monthNumber: number, dayNumber: number): string | null {
  const at = new Date(Date.UTC(year, monthNumber - 1, dayNumber))
  const isReal = at.getUTCMonth() === monthNumber - 1 && at.getUTCDate() === dayNumber
  return isReal ? at.toISOString().slice(0, 10) : null
}
