const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth']
const numerals: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  another: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
}

/** Which of a numbered list an answer means: its number, "the second one", or "the last". */
export function pick<T>(list: readonly T[], answer: string): T | undefined {
  const text = answer.trim().toLowerCase()
  if (/\blast\b/.test(text)) return list.at(-1)
  const ordinal = ordinals.findIndex((name) => new RegExp(String.raw`\b${name}\b`).test(text))
  if (ordinal >= 0) return list[ordinal]
  const bare =
    /^(?:(?:option|number|no\.?|nr\.?|#) ?)?(\d{1,2})[.!)]?(?:$|,? (?:please|thanks))/.exec(text)
  const named = /\b(?:option|number|#) ?(\d{1,2})\b/.exec(text)
  const number = bare ?? named
  return number ? list[Number(number[1]) - 1] : undefined
}

/** A small number in words or digits right before a word, such as "two more bags". */
export function countBefore(text: string, word: string): number | undefined {
  const names = Object.keys(numerals).join('|')
  const found = new RegExp(
    String.raw`\b(\d{1,2}|${names})\b(?: (?:more|extra|additional|checked|new|free|paid))* ?(?:${word})`,
    'i',
  ).exec(text)
  return found ? numberOf(found[1]!) : undefined
}

/** The only small number in an answer, in words or digits. */
export function countIn(text: string): number | undefined {
  const found = /\b(\d{1,2}|one|two|three|four|five|six|another)\b/i.exec(text)
  return found ? numberOf(found[1]!) : undefined
}

function numberOf(text: string): number {
  return numerals[text.toLowerCase()] ?? Number(text)
}

/** A numbered list, one item per line. */
export function numbered(items: readonly string[]): string {
  return items.map((item, index) => `${index + 1}. ${item}`).join('\n')
}
