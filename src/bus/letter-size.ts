import { toBytes } from '../contracts/json.ts'
import type { DeadLetter } from './dead-letters.ts'
import { limits } from './limits.ts'

/** Room for headers and the subject beside the letter. */
const headroomBytes = 16 * 1024

/**
 * The letter with its body cut so that the broker takes it: a letter that is refused for its size
 * would lose the reason too. The cut is told in the reason.
 */
export function fitLetter(letter: DeadLetter): DeadLetter {
  const allowedBytes = limits.brokerPayloadMaxBytes - headroomBytes
  if (toBytes(letter).byteLength <= allowedBytes) return letter
  const reason = letter.reason.slice(0, headroomBytes)
  // JSON writes one character in at most six bytes; base64 must be cut at a multiple of four.
  const keptCharacters = Math.floor((allowedBytes - 8 * headroomBytes) / 24) * 4
  const body = letter.body.slice(0, keptCharacters)
  const cut = ` (body cut, was ${letter.body.length} characters)`
  return { ...letter, body, reason: `${reason}${cut}`, cut: true }
}
