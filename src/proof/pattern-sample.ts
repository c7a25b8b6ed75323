/** Thrown inside only: the pattern uses something that is not read here. */
class NotRead extends Error {}

type Pick = (count: number) => number

/** Members of `\d`, `\w`, `\s` and of what matches nearly everything. */
const classes: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: 'abcxyzABCXYZ019_',
  s: ' ',
  D: 'aB-',
  W: '- ',
  S: 'aB0-',
}
const anyCharacter = 'aB0- '
/** Where a pattern sets no end: as many more than its least number. */
const moreAtMost = 3

/**
 * A text that may match a regular expression, for those that zod schemas are commonly made of:
 * literals, classes, groups, alternatives and counts. `pick(n)` chooses from 0 to n - 1; what always
 * chooses 0 makes a shortest text. Undefined for what is not read (assertions, back references).
 */
export function samplePattern(pattern: string, pick: Pick): string | undefined {
  try {
    return new PatternReader(pattern, pick).whole()
  } catch (thrown) {
    if (thrown instanceof NotRead) return undefined
    throw thrown
  }
}

class PatternReader {
  private at = 0
  private readonly text: string
  private readonly pick: Pick

  constructor(text: string, pick: Pick) {
    this.text = text
    this.pick = pick
  }

  whole(): string {
    const made = this.alternatives()()
    if (this.at < this.text.length) throw new NotRead()
    return made
  }

  /** What is read is a maker, because a count makes the same piece several times. */
  private alternatives(): () => string {
    const all = [this.sequence()]
    while (this.take('|')) all.push(this.sequence())
    return () => all[this.pick(all.length)]!()
  }

  private sequence(): () => string {
    const pieces: (() => string)[] = []
    while (this.at < this.text.length && !'|)'.includes(this.next())) pieces.push(this.counted())
    return () => pieces.map((piece) => piece()).join('')
  }

  private counted(): () => string {
    const piece = this.piece()
    const [least, most] = this.count()
    this.take('?')
    return () => {
      const times = least + this.pick(most - least + 1)
      return Array.from({ length: times }, piece).join('')
    }
  }

  private count(): [number, number] {
    if (this.take('*')) return [0, moreAtMost]
    if (this.take('+')) return [1, 1 + moreAtMost]
    if (this.take('?')) return [0, 1]
    const [whole, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(this.text.slice(this.at)) ?? []
    if (whole === undefined) return [1, 1]
    this.at += whole.length
    const from = Number(least)
    if (comma === '') return [from, from]
    return [from, most === '' ? from + moreAtMost : Number(most)]
  }

  private piece(): () => string {
    const character = this.text[this.at++]!
    switch (character) {
      case '^':
      case '$':
        return () => ''
      case '.':
        return this.oneOf(anyCharacter)
      case '(':
        return this.group()
      case '[':
        return this.oneOf(this.members())
      case '\\':
        return this.oneOf(this.escaped())
      default:
        return () => character
    }
  }

  private group(): () => string {
    if (this.take('?') && !this.take(':')) throw new NotRead()
    const inner = this.alternatives()
    if (!this.take(')')) throw new NotRead()
    return inner
  }

  private members(): string {
    const isNegated = this.take('^')
    let members = ''
    while (this.at < this.text.length && this.next() !== ']') {
      const from = this.member()
      const isRange = this.next() === '-' && this.text[this.at + 1] !== ']' && from.length === 1
      if (isRange) this.at++
      members += isRange ? range(from, this.member()) : from
    }
    this.at++
    if (!isNegated) return members
    const all = `aB0- .,:;_!?'"/`.split('')
    return all.filter((one) => !members.includes(one)).join('')
  }

  private member(): string {
    const character = this.text[this.at++]!
    return character === '\\' ? this.escaped() : character
  }

  private escaped(): string {
    const character = this.text[this.at++] ?? ''
    if (character in classes) return classes[character]!
    if (character === 'n') return '\n'
    if (character === 't') return '\t'
    if (/[A-Za-z0-9]/.test(character)) throw new NotRead()
    return character
  }

  private oneOf(members: string): () => string {
    if (members === '') throw new NotRead()
    const all = members.split('')
    return () => all[this.pick(all.length)]!
  }

  private next(): string {
    return this.text[this.at] ?? ''
  }

  private take(character: string): boolean {
    if (this.next() !== character) return false
    this.at++
    return true
  }
}

function range(from: string, to: string): string {
  const first = from.charCodeAt(0)
  const length = Math.max(0, to.charCodeAt(0) - first + 1)
  return Array.from({ length }, (_, index) => String.fromCharCode(first + index)).join('')
}
