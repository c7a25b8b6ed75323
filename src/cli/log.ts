import { pino } from 'pino'
import type { Logger } from '../actors/logger.ts'

/** JSON log lines on standard error; standard output belongs to the command's result. */
export function createLogger(level: string, fields: object = {}): Logger {
  return pino({ level, base: { pid: process.pid, ...fields } }, pino.destination(2))
}
