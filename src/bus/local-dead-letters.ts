import type { DeadLetters, KeptLetter } from './dead-letters.ts'
import { fitLetter } from './letter-size.ts'
import { limits } from './limits.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'

export function localDeadLetters(cell: LocalCell, connection: LocalConnection): DeadLetters {
  const kept = (): KeptLetter[] =>
    cell.letters.filter(({ untilMs }) => untilMs > cell.clock.now()).map(({ letter }) => letter)
  return {
    async put(letter) {
      await connection.turn()
      const identity = `${letter.target}\0${letter.messageId}`
      if (cell.lettersSeen.find(identity) !== undefined) return
      cell.lettersSeen.remember(identity, 1)
      const untilMs = cell.clock.now() + limits.deadLetterMaxAgeMs
      cell.letters.push({ letter: { ...fitLetter(letter), id: cell.nextLetterId() }, untilMs })
    },
    async *list() {
      await connection.turn()
      for (const letter of kept()) yield { ...letter }
    },
    async get(id) {
      await connection.turn()
      const letter = kept().find((one) => one.id === id)
      return letter && { ...letter }
    },
    async drop(id) {
      await connection.turn()
      const at = cell.letters.findIndex(({ letter }) => letter.id === id)
      if (at >= 0) cell.letters.splice(at, 1)
    },
  }
}
