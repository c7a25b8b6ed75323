import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import { openPlace, projectRoot } from './cli-fixture.ts'
import type { Place } from './cli-fixture.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts Node with a channel to this process, as a supervisor does, or without. */
function start(
  channel: 'ipc' | 'ignore',
  args: string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=@ashlar/source', ...args], {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore', channel],
  })
  children.push(child)
  return child
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown]
  return message
}

async function nextLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return String(line).trim()
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, 'exit')) as [unknown]
  return code
}

describe('stop signals', () => {
  const source = `
    import { stopSignal } from './src/cli/stop-signals.ts'
    const { received } = stopSignal(() => process.exit(130))
    setInterval(() => undefined, 1000)
    console.log('up')
    console.log(await received)`
  const args = ['--input-type=module', '--eval', source]

  test('a supervised process leaves those of a terminal to its supervisor', async () => {
    const child = start('ipc', args)
    expect(await nextLine(child)).toBe('up')
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGINT', 'SIGTERM'] as const) child.kill(signal)
    expect(await nextLine(child)).toBe('SIGTERM')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await exitOf(child)).toBe(130)
  })

  test('an unsupervised one takes all of them, and the second as impatience', async () => {
    const child = start('ignore', args)
    expect(await nextLine(child)).toBe('up')
    child.kill('SIGHUP')
    expect(await nextLine(child)).toBe('SIGHUP')
    child.kill('SIGINT')
    expect(await exitOf(child)).toBe(130)
  })
})

describe('Ctrl-C at a supervised ashlar run', () => {
  let broker: BrokerFixture
  let place: Place
  beforeAll(async () => {
    broker = await temporaryBroker()
    place = (await openPlace()).env({ NATS_URL: broker.broker.url })
  })
  afterAll(async () => {
    await broker.remove()
    await place.dispose()
  })

  const hosts = async (): Promise<unknown> => {
    const { json } = await place.ashlar('ps', '--hosts', '--json').finished()
    return json().hosts
  }

  test('the signal of the terminal and then that of the supervisor drain it', async () => {
    const child = start('ipc', ['bin/ashlar.js', 'run', 'examples/airline-desk/desk.ts'], {
      NATS_URL: broker.broker.url,
    })
    expect(await nextMessage(child)).toMatchObject({ kind: 'ready' })
    expect(await hosts()).toHaveLength(1)
    const exit = exitOf(child)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(await hosts()).toEqual([])
  })
})
