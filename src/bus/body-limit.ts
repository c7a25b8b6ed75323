import { LimitError } from '../contracts/error.ts'
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
