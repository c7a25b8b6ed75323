import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place, Running } from './cli-fixture.ts'
import { openPlace, projectRoot } from './cli-fixture.ts'

const fragile = 'test/cli/fixtures/fragile.ts'

describe('a failed agent and its letters, from the command line', () => {
  let place: Place
  let serving: Running
  beforeAll(async () => {
    place = await openPlace()
    serving = place.ashlar('run', fragile)
    await serving.printed(/serving fragile/)
  })
  afterAll(async () => {
    await end(serving)
    await place.dispose()
  })
  const ashlar = (...args: string[]): Promise<Finished> => place.ashlar(...args).finished()
  const end = async (running: Running): Promise<void> => {
    running.child.kill('SIGTERM')
    await running.finished()
  }
  type Letter = { id: number; target: string; reason: string; messageId: string }
  const letters = async (...args: string[]): Promise<Letter[]> => {
    const { json } = await ashlar('dead', 'ls', '--json', ...args)
    return json().letters as Letter[]
  }
  const lettersOnce = async (count: number): Promise<Letter[]> => {
    for (;;) {
      const found = await letters()
      if (found.length >= count) return found
    }
  }

  test('it fails with its place, keeps its mail, and goes on after a correction', async () => {
    await ashlar('start', 'fragile', '--id', 'a')
    for (const n of [1, 13, 2]) {
      await ashlar('send', 'fragile/a', 'ADD', '--data', JSON.stringify({ n }))
    }
    const [first, second] = await lettersOnce(2)
    expect([first, second]).toMatchObject([
      { target: 'mailbox fragile/a', reason: 'agent-failed' },
      { target: 'mailbox fragile/a', reason: 'agent-failed' },
    ])
    const place13 = 'in state counting of fragile@1, taking ADD'
    expect((await ashlar('ps')).stdout).toContain(`13 is not handled yet (${place13})`)
    const shown = await ashlar('show', 'fragile/a')
    expect(shown.stdout).toContain(`error: 13 is not handled yet (${place13})`)
    expect(shown.stdout).toContain('next: correct its code, then ashlar resume fragile/a')
    const letter = await ashlar('dead', 'show', String(first!.id))
    expect(letter.stdout).toMatch(/\{.*"n":13.*\}/)
    expect(letter.stdout).toContain('next: ashlar resume fragile/a')
    const retried = await ashlar('dead', 'retry', String(first!.id), '--json')
    expect(retried.code).toBe(1)
    expect(retried.json()).toMatchObject({ sent: [], kept: [{ id: first!.id }] })

    await end(serving)
    const unserved = await ashlar('resume', 'fragile/none')
    expect(unserved).toMatchObject({ code: 4 })
    serving = place.ashlar('run', fragile, '--set', 'fixed=yes')
    await serving.printed(/serving fragile/)
    const resumed = await ashlar('resume', 'fragile/a', '--json')
    expect(resumed.json()).toEqual({ address: 'fragile/a', hadFailed: true, posted: 2, cut: [] })
    expect(resumed.code).toBe(0)
    await ashlar('send', 'fragile/a', 'FINISH')
    const { json } = await ashlar('start', 'fragile', '--id', 'a', '--wait', '--json')
    expect(json()).toMatchObject({ output: { seen: [1, 13, 2] } })
    expect(await letters()).toEqual([])
    const again = await ashlar('resume', 'fragile/a')
    expect(again.stderr).toContain('agent fragile/a has ended (done)')
    expect(again.code).toBe(1)
  })

  test('letters are listed, filtered, sent again and dropped', async () => {
    for (const id of ['b', 'c']) {
      await ashlar('start', 'fragile', '--id', id)
      await ashlar('send', `fragile/${id}`, 'UNHEARD_OF')
    }
    await lettersOnce(2)
    const [own] = await letters('--agent', 'fragile/b')
    expect(own).toMatchObject({ target: 'mailbox fragile/b', reason: 'unhandled' })
    expect(await letters('--target', 'tool')).toEqual([])
    const retried = await ashlar('dead', 'retry', '--all', '--agent', 'fragile/b', '--json')
    expect(retried).toMatchObject({ code: 0 })
    expect(retried.json()).toEqual({ sent: [own!.id], kept: [] })
    // It is still unheard of, so it comes back, as another letter.
    const [other, back] = await lettersOnce(2)
    expect(back).toMatchObject({ target: 'mailbox fragile/b', reason: 'unhandled' })
    expect(back!.id).toBeGreaterThan(other!.id)
    const dropped = await ashlar('dead', 'drop', String(other!.id), `#${back!.id}`, '--json')
    expect(dropped.json()).toEqual({ dropped: [other!.id, back!.id] })
    expect((await ashlar('dead', 'ls')).stdout).toContain('0 letter(s)')
  })

  test.each([
    ['an unknown letter', ['dead', 'show', '4711'], 4, /there is no letter 4711/],
    ['an unknown letter among others', ['dead', 'drop', '4711'], 4, /there is no letter 4711/],
    ['no id', ['dead', 'retry'], 2, /letters: expected ids, or --all/],
    ['a bad id', ['dead', 'drop', 'x'], 2, /letter id: expected a positive integer, got x/],
    ['an unknown agent', ['resume', 'fragile/none'], 4, /there is no agent fragile\/none/],
  ])('%s gives one clear message', async (_name, args, expected, message) => {
    const { code, stderr } = await ashlar(...args)
    expect(stderr).toMatch(message)
    expect(code).toBe(expected)
  })
})

describe('ashlar up with a process that dies too often', () => {
  test('gives it up, keeps the others, and says so in its exit code', async () => {
    const place = await openPlace()
    const config = join(place.folder, 'config.json')
    const module = join(projectRoot, fragile)
    const processes = {
      frail: { module, restarts: { most: 0, withinMs: 60_000 } },
      sound: { module },
    }
    await writeFile(config, JSON.stringify({ processes }))
    const up = place.ashlar('up', '--config', config)
    const [, pid] = await up.printed(/process frail is up \(pid (\d+)\)/)
    await up.printed(/kind\(s\) of process are up/)
    process.kill(Number(pid), 'SIGKILL')
    await up.printed(/process frail was restarted 0 times .* \(SIGKILL\); it stays down/)
    const { json } = await place.ashlar('ps', '--hosts', '--json').finished()
    expect((json().hosts as unknown[]).length).toBeGreaterThan(0)
    up.child.kill('SIGINT')
    expect(await up.finished()).toMatchObject({ code: 1 })
    await place.dispose()
  })
})
