import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** `interrupted`: by Ctrl-C. Anything but a yes is a no, also the end of the input. */
export type YesOrNo = 'yes' | 'no' | 'interrupted'

export interface Screen {
  input: Readable & { isTTY?: boolean }
  output: Writable & { isTTY?: boolean }
}

/** Whether there is a person who can be asked. */
export function canAsk({ input, output }: Screen = processScreen()): boolean {
  return input.isTTY === true && output.isTTY === true
}

/** Puts a question to the person at the terminal. */
export function askYes(question: string, screen: Screen = processScreen()): Promise<YesOrNo> {
  const reader = createInterface({ ...screen, terminal: screen.output.isTTY === true })
  return new Promise((resolve) => {
    reader.on('SIGINT', () => {
      resolve('interrupted')
      reader.close()
    })
    reader.on('close', () => resolve('no'))
    reader.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no')
      reader.close()
    })
  })
}

function processScreen(): Screen {
  return { input: process.stdin, output: process.stdout }
}
