import type { DeadLetters } from './dead-letters.ts'
import { fitLetter } from './letter-size.ts'
import { limits } from './limits.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'

export function localDeadLetters(cell: LocalCell, connection: LocalConnection): DeadLetters {
  return {
    async put(letter) {
      await connection.turn()
      const id = `${letter.target}\0${letter.messageId}`
      if (cell.lettersSeen.find(id) !== undefined) return
      cell.lettersSeen.remember(id, 1)
      const untilMs = cell.clock.now() + limits.deadLetterMaxAgeMs
      cell.letters.push({ letter: { ...fitLetter(letter) }, untilMs })
    },
    async *list() {
      await connection.turn()
      for (const { letter, untilMs } of cell.letters.slice()) {
        if (untilMs > cell.clock.now()) yield { ...letter }
      }
    },
  }
}
