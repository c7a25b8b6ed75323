import { InputError, LimitError } from '../contracts/error.ts'
import { limits } from './limits.ts'

/** @throws LimitError when a message body is larger than `limits.messageMaxBytes`. */
export function checkMessageSize(body: Uint8Array, where: string): void {
  if (body.byteLength <= limits.messageMaxBytes) return
  throw new LimitError('messageMaxBytes', limits.messageMaxBytes, body.byteLength, where)
}

/** @throws LimitError when a journal record is larger than `limits.recordMaxBytes`. */
export function checkRecordSize(body: Uint8Array, where: string): void {
  if (body.byteLength <= limits.recordMaxBytes) return
  throw new LimitError('recordMaxBytes', limits.recordMaxBytes, body.byteLength, where)
}

/**
 * Refuses a key that the key-value port does not take: a subject that is longer than the broker's
 * control line would cost the whole process its connection.
 * @throws InputError when it is not 1 to `limits.keyMaxCharacters` characters of well-formed Unicode
 */
export function checkKey(key: string): string {
  const count = Array.from(key).length
  if (count > 0 && count <= limits.keyMaxCharacters && key.isWellFormed()) return key
  throw new InputError({
    field: 'key',
    expected: `1 to ${limits.keyMaxCharacters} characters of well-formed Unicode`,
    got: `${count} characters: ${key}`,
    todo: 'choose a shorter key, or use a hash of it',
  })
}
