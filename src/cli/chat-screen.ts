import type { TextPiece } from '../contracts/decision.ts'

/** A text that is being produced, as far as it is on the screen. */
interface Streamed {
  readonly call: string
  readonly attempt: number
  /** Index of the piece that goes on with it; undefined: one was missed, so no more are shown. */
  next: number | undefined
  text: string
}

/**
 * Writes a conversation: whole texts line by line, and texts that are being produced piece by piece.
 * Nothing that the agent says is missed or written twice: a text that is said goes on where its
 * pieces ended, or stands on a line of its own.
 */
export class ChatScreen {
  private readonly prefix: string
  private readonly write: (text: string) => void
  /** Texts that were begun and that the agent may still say. */
  private streamed: Streamed[] = []
  /** The one whose line is not ended. */
  private open: Streamed | undefined
  private readonly over = new Set<string>()

  /**
   * @param name of who speaks
   * @param write gets whole lines, or what a line goes on with
   */
  constructor(name: string, write: (text: string) => void) {
    this.prefix = `${name}> `
    this.write = write
  }

  /** A line that is nobody's words. */
  note(text: string): void {
    this.endLine()
    this.write(`${text}\n`)
  }

  /** Words of the person, where no terminal has shown them. */
  heard(text: string): void {
    this.note(`you> ${plain(text)}`)
  }

  /** A piece of a text that a decider is producing. Late, doubled and incomplete ones are left out. */
  piece({ call, attempt, index, text }: TextPiece): void {
    if (this.over.has(call)) return
    const known = this.streamed.find((one) => one.call === call)
    if (known && known.attempt > attempt) return
    if (known?.attempt === attempt) return this.goOn(known, index, text)
    if (known) this.drop(known)
    const begun: Streamed = { call, attempt, next: 0, text: '' }
    this.streamed.push(begun)
    this.goOn(begun, index, text)
  }

  /** What the agent has said, as the journal has it. */
  said(text: string): void {
    const clean = plain(text)
    const { open } = this
    if (open && clean.startsWith(open.text)) {
      this.write(`${clean.slice(open.text.length)}\n`)
      this.open = undefined
      return this.forget(open)
    }
    const shown = this.streamed.find((one) => one !== open && one.text !== '' && one.text === clean)
    if (shown) return this.forget(shown)
    // Its call has ended with something else.
    if (open && this.over.has(open.call)) this.drop(open)
    this.endLine()
    this.write(`${this.prefix}${clean}\n`)
  }

  /** Calls that have ended: pieces of them that come now are late. */
  ended(calls: Iterable<string>): void {
    for (const call of calls) this.over.add(call)
  }

  /** It is the person's turn, or all is over: what was not said by now will not be. */
  settle(): void {
    for (const one of this.streamed.filter(({ call }) => this.over.has(call))) this.drop(one)
  }

  /** Ends a line that is still open: nothing more will be written. */
  close(): void {
    this.endLine()
  }

  private goOn(text: Streamed, index: number, piece: string): void {
    if (text.next === undefined || index < text.next) return
    // What comes after a gap, or on the line of another text, is written when it is said.
    const isNext = index === text.next && (text.text === '' || text === this.open)
    text.next = isNext ? index + 1 : undefined
    const clean = plain(piece)
    if (!isNext || clean === '') return
    if (text !== this.open) {
      this.endLine()
      this.open = text
      this.write(this.prefix)
    }
    this.write(clean)
    text.text += clean
  }

  /** Of a text that comes to nothing. */
  private drop(text: Streamed): void {
    if (text === this.open) {
      this.write(' (taken back)\n')
      this.open = undefined
    }
    this.forget(text)
  }

  private forget(text: Streamed): void {
    this.streamed = this.streamed.filter((one) => one !== text)
  }

  private endLine(): void {
    if (!this.open) return
    this.write('\n')
    this.open = undefined
  }
}

/** Without control characters, with which a text could do more to a terminal than be read. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}
