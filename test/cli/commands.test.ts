import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Place, Running } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

describe('ashlar up, and the commands beside it', () => {
  let place: Place
  let up: Running
  beforeAll(async () => {
    place = await openPlace()
    up = place.ashlar('up')
    await up.printed(/kind\(s\) of process are up/)
  })
  afterAll(async () => {
    up.child.kill('SIGINT')
    const { code, stderr } = await up.finished()
    expect(stderr).toContain('stopped; everything committed is kept')
    expect(code).toBe(0)
    await place.dispose()
  })

  test('ps --hosts lists three kinds of process', async () => {
    const { code, json } = await place.ashlar('ps', '--hosts', '--json').finished()
    expect(code).toBe(0)
    const hosts = json().hosts as { agents: unknown[]; tools: string[]; decisions: string[] }[]
    expect(hosts).toHaveLength(3)
    expect(hosts.flatMap(({ decisions }) => decisions)).toEqual(['next_move'])
    expect(hosts.flatMap(({ tools }) => tools)).toHaveLength(16)
  })

  test('start, send, show and ps follow one agent from its beginning to its end', async () => {
    const input = '{"branch":"cli"}'
    const started = await place
      .ashlar('start', 'airline-desk', '--id', 'one', '--input', input, '--json')
      .finished()
    expect(started.json()).toMatchObject({ address: 'airline-desk/one', value: 'listening' })
    const sent = await place.ashlar('send', 'airline-desk/one', 'LEAVE', '--json').finished()
    expect(sent.json()).toEqual({ address: 'airline-desk/one', event: 'LEAVE', accepted: true })
    const waited = await place
      .ashlar('start', 'airline-desk', '--id', 'one', '--input', input, '--wait', '--json')
      .finished()
    expect(waited.json()).toMatchObject({ output: { outcome: 'ended' } })
    const shown = await place.ashlar('show', 'airline-desk/one', '--json').finished()
    expect(shown.json()).toMatchObject({ status: 'done', step: 2 })
    expect((shown.json().transitions as { event: string }[]).map(({ event }) => event)).toEqual([
      'init',
      'LEAVE',
    ])
    const listed = await place.ashlar('ps', '--type', 'airline-desk', '--json').finished()
    expect(listed.json().agents).toHaveLength(1)
    const active = await place.ashlar('ps', '--active', '--json').finished()
    expect(active.json().agents).toEqual([])
  })

  test('a process that is killed is started again, and serves again', async () => {
    const [, pid] = await up.printed(/process desk is up \(pid (\d+)\)/)
    process.kill(Number(pid), 'SIGKILL')
    await up.printed(/process desk \(pid \d+\) died: SIGKILL[\s\S]*process desk is up/)
    const { code, json } = await place
      .ashlar('start', 'airline-desk', '--id', 'after-kill', '--input', '{"branch":"k"}', '--json')
      .finished()
    expect(code).toBe(0)
    expect(json()).toMatchObject({ value: 'listening' })
  })

  test('a broker that is killed comes back, with everything that was committed', async () => {
    const record = await readFile(join(place.folder, 'broker.json'), 'utf8')
    const { pid } = JSON.parse(record) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await up.printed(/the broker died \(SIGKILL\); restarting it[\s\S]*the broker is back/)
    const started = await place
      .ashlar(
        'start',
        'airline-desk',
        '--id',
        'after-broker',
        '--input',
        '{"branch":"b"}',
        '--json',
      )
      .finished()
    expect(started.json()).toMatchObject({ value: 'listening' })
    const { json } = await place.ashlar('ps', '--json').finished()
    const addresses = (json().agents as { address: string }[]).map(({ address }) => address)
    expect(addresses).toEqual(
      expect.arrayContaining([
        'airline-desk/one',
        'airline-desk/after-kill',
        'airline-desk/after-broker',
      ]),
    )
  })

  test.each([
    ['an unknown machine', ['start', 'nobody'], 2, /machine: expected .* got nobody/],
    ['an unknown agent', ['show', 'airline-desk/none'], 4, /there is no agent airline-desk\/none/],
    ['an event to nobody', ['send', 'airline-desk/none', 'LEAVE'], 4, /there is no agent/],
    ['a bad address', ['show', 'nonsense'], 2, /address: expected `type\/id`/],
    ['bad JSON', ['start', 'airline-desk', '--input', '{'], 2, /--input: expected JSON/],
    [
      'a start input that breaks its schema',
      ['start', 'airline-desk', '--input', '{}'],
      2,
      /branch/,
    ],
    [
      'a branch that is too long for a key',
      ['start', 'airline-desk', '--input', JSON.stringify({ branch: 'b'.repeat(201) })],
      2,
      /branch/,
    ],
    [
      'a message that is too long to read',
      [
        'send',
        'airline-desk/one',
        'CUSTOMER',
        '--data',
        JSON.stringify({ text: 'x'.repeat(20_001), turn: 1 }),
      ],
      2,
      /text/,
    ],
    ['an unknown command', ['dance'], 2, /unknown command/],
    ['a bad port', ['ps', '--port', '99999'], 2, /ASHLAR_BROKER_PORT/],
    ['a bad cell', ['ps', '--cell', 'No Good'], 2, /cell: expected/],
    ['a missing configuration', ['up', '--config', 'none.json'], 2, /--config: expected/],
    ['a bad option for modules', ['up', '--set', 'nonsense'], 2, /--set: expected name=value/],
  ])('%s gives one clear message', async (_name, args, expected, message) => {
    const { code, stderr } = await place.ashlar(...args).finished()
    expect(stderr).toMatch(message)
    expect(code).toBe(expected)
  })
})

describe('without anything running', () => {
  let place: Place
  beforeAll(async () => {
    place = await openPlace()
  })
  afterAll(() => place.dispose())

  test('every command has --help with its options', async () => {
    for (const name of ['up', 'run', 'start', 'send', 'ps', 'show']) {
      const { code, stdout } = await place.ashlar(name, '--help').finished()
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: ashlar ${name}`)
      expect(stdout).toContain('--json')
    }
    const { stdout } = await place.ashlar('--help').finished()
    expect(stdout).toContain('Exit codes:')
  })

  test('an unreachable NATS_URL is named, with exit code 3', async () => {
    const { code, stderr, json } = await place
      .env({ NATS_URL: 'nats://127.0.0.1:1' })
      .ashlar('ps', '--json')
      .finished()
    expect(code).toBe(3)
    expect(stderr).toContain('NATS_URL')
    expect(json().error).toMatchObject({ code: 'unavailable' })
  })

  test('a port that something else uses is reported by the name of its setting', async () => {
    const stranger = createServer((socket) => socket.end('SSH-2.0-stranger\r\n'))
    await new Promise<void>((listening) => stranger.listen(0, '127.0.0.1', listening))
    const { port } = stranger.address() as AddressInfo
    const { code, stderr } = await place
      .env({ ASHLAR_BROKER_PORT: String(port) })
      .ashlar('ps')
      .finished()
    stranger.close()
    expect(stderr).toContain('ASHLAR_BROKER_PORT')
    expect(code).toBe(2)
  })

  test('ashlar run: a setup that fails ends the command with one clear message', async () => {
    const tools = 'examples/airline-desk/tools.ts'
    const { code, stderr, json } = await place
      .ashlar('run', tools, '--set', 'data=/nowhere', '--json')
      .finished()
    expect(stderr.match(/^ashlar: .*$/gm)).toEqual([expect.stringContaining('/nowhere')])
    expect(json().error).toMatchObject({ message: expect.stringContaining('/nowhere') as string })
    expect(code).toBe(1)
  })

  test.each([
    ['does not exist', undefined, /module: expected a module that can be imported/],
    ['exports no service', 'export default {}', /default export made by defineService/],
    [
      'has a machine that breaks a rule',
      `import { defineAgent, defineService } from 'ashlar'
       import { createMachine } from 'xstate'
       const agent = defineAgent({ machine: createMachine({ on: { '*': {} } }) })
       export default defineService('bad', () => ({ agents: [agent] }))`,
      /cannot be registered:[\s\S]*the machine has no id[\s\S]*bare wildcard/,
    ],
  ])('ashlar run: a module that %s', async (name, source, message) => {
    // Inside the project, so that it finds the packages.
    const file = join(place.folder, `${name.replaceAll(' ', '-')}.ts`)
    if (source) {
      const ashlar = new URL('../../src/index.ts', import.meta.url).href
      const xstate = import.meta.resolve('xstate')
      await writeFile(
        file,
        source.replace("'ashlar'", `'${ashlar}'`).replace("'xstate'", `'${xstate}'`),
      )
    }
    const { code, stderr } = await place.ashlar('run', file).finished()
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})
