import type { Interface } from 'node:readline'
import { clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline'
import { Writable } from 'node:stream'

/** A line that was typed. */
export interface TypedText {
  text: string
  /** False where nobody saw it being typed: it came from a pipe, or while something was written. */
  isShown: boolean
}

/** Lines that a person types, or that a script pipes in, and what is written meanwhile. */
export interface Terminal {
  /** True when no more lines come. */
  readonly isEnded: boolean
  /** The next line that was typed, if there is one. Empty ones are left out. */
  take(): TypedText | undefined
  /** To standard output, above the line that is being typed. */
  write(text: string): void
  /** A line to standard error, in the same way. */
  report(line: string): void
  /** Gives the terminal back; closing twice is harmless. */
  close(): void
}

export interface TerminalOptions {
  prompt: string
  /** Called when there is a line to take, or the last one was typed. */
  onNews: () => void
  /** Writes nothing to standard output. */
  isQuiet: boolean
}

/** Opens standard input and output for a conversation. */
export function openTerminal(options: TerminalOptions): Terminal {
  const { stdin, stdout, stderr } = process
  const isInteractive = !options.isQuiet && Boolean(stdin.isTTY && stdout.isTTY)
  const line = isInteractive ? editedLine(options.prompt) : pipedLine()
  const typed: TypedText[] = []
  let isEnded = false
  let isClosed = false
  let isMidLine = false
  const around = (write: () => void, endsLine: boolean): void => {
    if (!isMidLine) line.hide()
    write()
    isMidLine = !endsLine
    show()
  }
  const show = (): void => {
    if (!isMidLine && !isEnded) line.show()
  }
  line.reader.on('line', (text) => {
    show()
    if (text.trim() === '') return
    typed.push({ text: text.trim(), isShown: isInteractive && !isMidLine })
    options.onNews()
  })
  line.reader.on('close', () => {
    isEnded = true
    options.onNews()
  })
  show()
  return {
    get isEnded() {
      return isEnded
    },
    take: () => typed.shift(),
    write(text) {
      if (!options.isQuiet) around(() => void stdout.write(text), text.endsWith('\n'))
    },
    report(text) {
      const isWithin = isMidLine
      around(() => void stderr.write(`${isWithin ? '\n' : ''}${text}\n`), !isWithin)
    },
    close() {
      if (isClosed) return
      isClosed = true
      if (!isMidLine) line.hide()
      line.reader.close()
    },
  }
}

/** The line that is being typed: it is taken off the screen while something else is written. */
interface TypedLine {
  readonly reader: Interface
  hide(): void
  show(): void
}

function pipedLine(): TypedLine {
  const reader = createInterface({ input: process.stdin, terminal: false })
  return { reader, hide() {}, show() {} }
}

function editedLine(prompt: string): TypedLine {
  const { stdin, stdout } = process
  let isHidden = true
  // What is typed while the line is hidden is kept, and shows when the line does.
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isHidden) stdout.write(chunk)
      done()
    },
  })
  // Where the reader looks for the width when it wraps long lines.
  Object.defineProperty(echo, 'columns', { get: () => stdout.columns })
  const reader = createInterface({ input: stdin, output: echo, terminal: true, prompt })
  // In this mode the keys of Ctrl-C are no signal; those who wait for one need not know.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  return {
    reader,
    hide() {
      moveCursor(stdout, 0, -reader.getCursorPos().rows)
      cursorTo(stdout, 0)
      clearScreenDown(stdout)
      isHidden = true
    },
    show() {
      isHidden = false
      // The reader believes its cursor to be where the line had wrapped to.
      stdout.write('\n'.repeat(reader.getCursorPos().rows))
      reader.prompt(true)
    },
  }
}
