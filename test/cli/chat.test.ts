import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import type { Place, Running } from './cli-fixture.ts'
import { openPlace, projectRoot } from './cli-fixture.ts'

const fixture = (name: string): string => join(projectRoot, 'test/cli/fixtures', name)
const parrot = fixture('parrot.ts')

/** A place with a configuration that has chats, and processes unless they are left out. */
async function openAviary(processes: object = { bird: { module: parrot } }): Promise<{
  place: Place
  config: string
}> {
  const place = await openPlace()
  const config = join(place.folder, 'config.json')
  const chats = {
    parrot: fixture('parrot-chat.ts'),
    deaf: fixture('parrot-deaf-chat.ts'),
    mute: parrot,
    absent: './absent.ts',
  }
  await writeFile(config, JSON.stringify({ processes, chats }))
  return { place, config }
}

describe('ashlar chat, with nothing running', () => {
  let place: Place
  let config: string
  beforeAll(async () => {
    ;({ place, config } = await openAviary())
  })
  afterAll(() => place.dispose())
  const chat = (...args: string[]): Running =>
    place.listening('chat', 'parrot', '--config', config, ...args)

  test('piped lines are a conversation, which is kept and gone on with', async () => {
    const first = chat('--id', 'a')
    first.type('hello', '', '  ask', 'blue')
    first.hangUp()
    const { code, stdout, stderr } = await first.finished()
    expect(stdout.split('\n').slice(1)).toEqual([
      'parrot> Polly is here.',
      'you> hello',
      'parrot> 1: hello',
      'you> ask',
      'parrot> Which colour?',
      'you> blue',
      'parrot> blue it is.',
      `the conversation is kept: ashlar chat parrot --id a --config ${config}`,
      '',
    ])
    expect(stderr).toMatch(/process bird is up \(pid \d+\)/)
    expect(code).toBe(0)

    const second = chat('--id', 'a')
    second.type('again', '/end')
    const goneOn = await second.finished()
    const [recalled, said] = goneOn.stdout.split(/^parrot\/a is in listening.*$/m)
    expect(recalled).toBe('parrot> 1: hello\nparrot> Which colour?\nparrot> blue it is.\n')
    expect(said).toContain('you> again\nparrot> 4: again\nyou> /end\n')
    expect(said).toContain('parrot/a has ended: {"heard":4}')
    expect(goneOn.code).toBe(0)

    const third = chat('--id', 'a', '--json')
    const over = await third.finished()
    expect(over.json()).toMatchObject({ status: 'done', value: 'gone', output: { heard: 4 } })
    expect(over.code).toBe(0)
  })

  test('processes that died are started anew, although they stand announced', async () => {
    const broker = await temporaryBroker()
    const cell = place.env({ NATS_URL: broker.broker.url })
    const serving = cell.ashlar('run', parrot)
    await serving.printed(/serving parrot/)
    serving.child.kill('SIGKILL')
    await serving.finished()
    const talking = cell.listening('chat', 'parrot', '--config', config, '--json')
    talking.type('hello', '/end')
    const { code, json } = await talking.finished()
    await broker.remove()
    expect(json()).toMatchObject({
      status: 'done',
      lines: [{ text: 'hello' }, { text: '1: hello' }],
    })
    expect(code).toBe(0)
  })

  test('a process that dies is started again while the talk goes on', async () => {
    const talking = chat('--id', 'survivor')
    talking.type('hello')
    const [, pid] = await talking.printed(/process bird is up \(pid (\d+)\)/)
    await talking.printed(/parrot> 1: hello/)
    process.kill(Number(pid), 'SIGKILL')
    await talking.printed(/process bird \(pid \d+\) died: SIGKILL/)
    talking.type('again', '/end')
    const { code, stdout } = await talking.finished()
    expect(stdout).toContain('you> again\nparrot> 2: again\n')
    expect(code).toBe(0)
  })

  test.each([
    [
      'an unknown chat',
      ['dog'],
      /chat: expected one of parrot, deaf, mute, absent, got dog; .*"chats"/,
    ],
    ['a module without a chat', ['mute'], /a default export made by defineChat\(\)/],
    ['a module that is not there', ['absent'], /module: expected a module that can be imported/],
    ['a bad id', ['parrot', '--id', 'a b'], /address: expected/],
    ['a bad time', ['parrot', '--timeout', '0'], /--timeout: expected a whole number/],
    ['a bad option for modules', ['parrot', '--set', 'x'], /--set: expected name=value/],
  ])('%s gives one clear message', async (_name, args, message) => {
    const { code, stderr } = await place.ashlar('chat', ...args, '--config', config).finished()
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  test('a configuration without chats says how to add one', async () => {
    const empty = join(place.folder, 'empty.json')
    await writeFile(empty, '{}')
    const { code, stderr } = await place.ashlar('chat', 'dog', '--config', empty).finished()
    expect(stderr).toContain('add it to ashlar.config.json: `"chats": {"dog": "./chat.ts"}`')
    expect(code).toBe(2)
  })
})

describe('ashlar chat, with the agent served by others', () => {
  let place: Place
  let config: string
  let serving: Running
  beforeAll(async () => {
    // It could not start a process: none is configured.
    ;({ place, config } = await openAviary({}))
    const { stderr, code } = await place.ashlar('chat', 'parrot', '--config', config).finished()
    expect(stderr).toMatch(/processes: expected a running process that serves parrot/)
    expect(code).toBe(2)
    serving = place.ashlar('run', parrot)
    await serving.printed(/serving parrot/)
  })
  afterAll(async () => {
    serving.child.kill('SIGTERM')
    await serving.finished()
    await place.dispose()
  })
  const chat = (...args: string[]): Running =>
    place.listening('chat', 'parrot', '--config', config, ...args)

  test('it connects and starts nothing', async () => {
    const talking = chat('--set', 'colour=blue')
    await talking.printed(/Polly is here/)
    talking.type('hello')
    await talking.printed(/parrot> 1: hello/)
    talking.type('/end')
    const { code, stderr } = await talking.finished()
    expect(stderr).toBe('--set has no effect: running processes serve it already\n')
    expect(code).toBe(0)
  })

  test('an agent that ends by itself ends the chat, whose input is still open', async () => {
    const talking = chat('--id', 'ends')
    talking.type('bye')
    const { code, stdout } = await talking.finished()
    expect(stdout).toContain('parrot> Goodbye.\nparrot/ends has ended: {"heard":1}\n')
    expect(code).toBe(0)
    const again = await chat('--id', 'ends').finished()
    expect(again.stdout).toContain('parrot> Goodbye.\n')
    expect(again.stdout).toContain('parrot/ends has ended')
    expect(again.code).toBe(0)
  })

  test('an agent that fails ends the chat with its message', async () => {
    const talking = chat('--id', 'fails', '--json')
    talking.type('hello', 'break')
    const { code, stderr, json } = await talking.finished()
    const where = 'in state listening of parrot@1, taking HEAR'
    expect(stderr).toContain(`parrot/fails failed: it fell off its perch (${where})`)
    expect(json()).toMatchObject({ status: 'error', error: { message: 'it fell off its perch' } })
    expect(code).toBe(1)
    const again = await chat('--id', 'fails').finished()
    expect(again.stdout).toContain('next: correct its code, then ashlar resume parrot/fails')
    expect(again.code).toBe(1)
  })

  test('an agent that does not answer in time is named with what it waits for', async () => {
    const ashlar = (...args: string[]) => place.ashlar(...args, 'parrot/hushed', '--json')
    await place.ashlar('start', 'parrot', '--id', 'hushed').finished()
    const hush = JSON.stringify({ text: 'hush' })
    await place.ashlar('send', 'parrot/hushed', 'HEAR', '--data', hush).finished()
    while ((await ashlar('show').finished()).json().value !== 'musing');
    const talking = chat('--id', 'hushed', '--timeout', '1')
    talking.type('typed too early')
    const { code, stdout, stderr } = await talking.finished()
    expect(stderr).toMatch(
      /no answer within 1 s: parrot\/hushed is in musing .* waiting for muse; .*ashlar show/,
    )
    expect(stdout).not.toContain('typed too early')
    expect(stdout).toContain('the conversation is kept: ashlar chat parrot --id hushed')
    expect(code).toBe(1)
  })

  test('--json prints nothing but one object', async () => {
    const talking = chat('--id', 'json', '--json')
    talking.type('hello', 'ask')
    talking.hangUp()
    const { code, stdout, json } = await talking.finished()
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(json()).toEqual({
      address: 'parrot/json',
      status: 'active',
      value: 'asking',
      lines: [
        { from: 'you', text: 'hello' },
        { from: 'agent', text: '1: hello' },
        { from: 'you', text: 'ask' },
        { from: 'agent', text: 'Which colour?' },
      ],
    })
    expect(code).toBe(0)
  })

  test('a line that the door refuses is reported, and the talk goes on', async () => {
    const talking = chat('--id', 'long')
    talking.type('x'.repeat(101), 'short')
    talking.hangUp()
    const { code, stdout, stderr } = await talking.finished()
    expect(stderr).toMatch(/the agent did not take it: .*text/)
    expect(stdout).toContain('parrot> 1: short')
    expect(code).toBe(1)
  })

  test('an event that the agent does not handle is reported, as is /end where there is none', async () => {
    const talking = place.listening('chat', 'deaf', '--config', config, '--json')
    talking.type('/end', 'hello')
    talking.hangUp()
    const { code, stderr, json } = await talking.finished()
    expect(stderr).toContain('this chat has no word for leaving')
    expect(stderr).toContain('the agent did not take it: nothing hears it in listening')
    expect(json()).toMatchObject({ status: 'active', lines: [] })
    expect(code).toBe(1)
  })

  test('Ctrl-C leaves the conversation open, also while the agent works', async () => {
    const talking = chat('--id', 'left')
    talking.type('hush')
    await talking.printed(/you> hush/)
    talking.child.kill('SIGINT')
    const { code, stdout } = await talking.finished()
    expect(stdout).toContain('the conversation is kept: ashlar chat parrot --id left')
    expect(code).toBe(130)
  })
})

test('ashlar chat airline-desk: the desk greets, and lets its customer go', async () => {
  const place = await openPlace()
  const talking = place.listening('chat', 'airline-desk', '--id', 'visitor')
  talking.type('/end')
  const { code, stdout } = await talking.finished()
  expect(stdout).toContain('airline-desk> This is the airline desk.')
  expect(stdout).toContain('airline-desk/visitor has ended: {"outcome":"ended"')
  expect(code).toBe(0)
  await place.dispose()
})
