import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

const module = 'test/cli/fixtures/purse.ts'

describe('ashlar replay', () => {
  let place: Place
  let trace: string
  const replay = (...args: string[]): Promise<Finished> =>
    place.ashlar('replay', ...args).finished()

  beforeAll(async () => {
    place = await openPlace()
    const traces = join(place.folder, 'traces')
    await place.ashlar('prove', module, '--traces', traces, '--first').finished()
    const [file] = await readdir(traces)
    trace = join(traces, file!)
  })
  afterAll(() => place.dispose())

  test('plays what `ashlar prove` wrote, and says that it is broken here as well', async () => {
    for (const on of ['model', 'twin', 'nats']) {
      const { code, stdout } = await replay(module, trace, '--on', on)
      expect(stdout).toContain('a careless purse: is never below nothing\n')
      expect(stdout).toContain(
        '    1. owner sends {"type":"PAY","cents":3} to purse/p\n       purse/p: open\n',
      )
      expect(stdout).toContain('the property is broken here as well: it holds -1 cents\n')
      expect(code).toBe(0)
    }
  })

  test('as JSON, with the address of the journal', async () => {
    const { code, json } = await replay(module, trace, '--json')
    expect(json()).toMatchObject({
      property: 'is never below nothing',
      on: 'the local twin',
      isBroken: true,
      reason: 'it holds -1 cents',
      agents: ['purse/p'],
    })
    expect(code).toBe(0)
  })

  test('of a world without the defect it says that the property holds, with code 1', async () => {
    const { code, stdout } = await replay(module, trace, '--world', 'a purse')
    expect(stdout).toContain('not broken here: every move was made, and the property holds\n')
    expect(code).toBe(1)
  })

  test('names the field of what it cannot use, with code 2', async () => {
    const other = join(place.folder, 'other.json')
    await writeFile(other, '{"v":1,"world":"a careless purse"}')
    const wrong: [RegExp, string[]][] = [
      [/^ashlar: --on: expected model, twin, nats, got step; /, [module, trace, '--on', 'step']],
      [
        /^ashlar: trace: expected a file that can be read, got .*nothing\.json; /,
        [module, `${trace}nothing.json`],
      ],
      [/^ashlar: trace: expected a trace of `ashlar prove`, got .*property/, [module, other]],
      [/^ashlar: module: expected a module that can be imported, /, ['nowhere.ts', trace]],
    ]
    for (const [message, args] of wrong) {
      const { code, stderr } = await replay(...args)
      expect(stderr).toMatch(message)
      expect(code).toBe(2)
    }
    expect((await replay(module, trace, '--world', 'no such')).code).toBe(4)
  })
})
