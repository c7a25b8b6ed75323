import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'

let server: Server | undefined
afterEach(() => new Promise((resolve) => server?.close(resolve)))

/** A server that greets and answers pings, which is all that a client needs to connect. */
async function greeter(info: object): Promise<string> {
  server = createServer((socket) => {
    const greeting = { server_id: 'x', server_name: 'x', max_payload: 1024, headers: true, ...info }
    socket.write(`INFO ${JSON.stringify(greeting)}\r\n`)
    socket.on('data', (data) => {
      if (data.toString().includes('PING')) socket.write('PONG\r\n')
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const parts = { cell: 'c', clock: systemClock(), ids: systemIds() }

test('a server that is too old is refused with its version', async () => {
  const servers = await greeter({ version: '2.11.9', jetstream: true })
  const opening = openNatsBus({ servers, ...parts })
  await expect(opening).rejects.toThrow(/expected nats-server 2\.12 or later, got 2\.11\.9/)
})

test('a server without JetStream is refused with the flag that enables it', async () => {
  const servers = await greeter({ version: '2.14.0' })
  const opening = openNatsBus({ servers, ...parts })
  await expect(opening).rejects.toThrow(/JetStream to be enabled.*--jetstream/)
})
