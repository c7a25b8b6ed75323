import { toErrorValue, UnavailableError } from '../contracts/error.ts'
import { ensure } from './local-cell.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'
import type { Running } from './mailbox.ts'
import type { Wire } from './wire.ts'
import { answerError } from './wire-error.ts'

export interface LocalListener {
  readonly filter: readonly string[]
  readonly onNotice: (body: Uint8Array, topic: string[]) => void
}

export interface LocalServer {
  readonly answer: (body: Uint8Array) => Promise<Uint8Array>
  readonly isServing: () => boolean
}

export function localWire(cell: LocalCell, connection: LocalConnection): Wire {
  return {
    announce(topic, body) {
      if (connection.status() !== 'connected') return
      const notice = body.slice()
      for (const listener of cell.listeners) {
        if (!matches(listener.filter, topic)) continue
        queueMicrotask(() => {
          if (cell.listeners.has(listener)) listener.onNotice(notice.slice(), [...topic])
        })
      }
    },
    async listen(topic, onNotice) {
      await connection.turn()
      const listener: LocalListener = { filter: [...topic], onNotice }
      cell.listeners.add(listener)
      return ending(connection, () => void cell.listeners.delete(listener))
    },
    async ask(service, body, timeoutMs) {
      await connection.turn()
      const servers = cell.servers.get(service) ?? []
      const server = servers.shift()
      if (!server) {
        throw new UnavailableError(`nobody serves ${service}`, { code: 'no-responder' })
      }
      servers.push(server)
      return question(cell, server, { service, body: body.slice(), timeoutMs })
    },
    async serve(service, answer) {
      await connection.turn()
      let isServing = true
      const server: LocalServer = { answer, isServing: () => isServing }
      const servers = ensure(cell.servers, service, () => [])
      servers.push(server)
      const leave = (): void => {
        const index = servers.indexOf(server)
        if (index >= 0) servers.splice(index, 1)
      }
      // A process that ended takes its unfinished answers along; one that only stops gives them.
      connection.onEnd(() => (isServing = false))
      return ending(connection, leave)
    },
  }
}

function question(
  cell: LocalCell,
  server: LocalServer,
  asked: { service: string; body: Uint8Array; timeoutMs: number },
): Promise<Uint8Array> {
  const { service, body, timeoutMs } = asked
  return new Promise((resolve, reject) => {
    const cancel = cell.clock.at(cell.clock.now() + timeoutMs, () => {
      reject(new UnavailableError(`${service} did not answer: timeout`))
    })
    const settle = (deliver: () => void): void => {
      if (!server.isServing()) return
      cancel()
      deliver()
    }
    const answering = async (): Promise<Uint8Array> => server.answer(body)
    answering().then(
      (answer) => settle(() => resolve(answer.slice())),
      (error: unknown) => settle(() => reject(answerError(service, toErrorValue(error)))),
    )
  })
}

function ending(connection: LocalConnection, leave: () => void): Running {
  const offEnd = connection.onEnd(leave)
  return {
    stop() {
      offEnd()
      leave()
      return Promise.resolve()
    },
  }
}

function matches(filter: readonly string[], topic: readonly string[]): boolean {
  const isOpen = filter.at(-1) === '>'
  const words = isOpen ? filter.slice(0, -1) : filter
  if (isOpen ? topic.length <= words.length : topic.length !== words.length) return false
  return words.every((word, index) => word === '*' || word === topic[index])
}
