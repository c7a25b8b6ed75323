import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeTrace } from '../../src/proof/trace.ts'
import type { Finished, Place } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

const module = 'test/cli/fixtures/worlds.ts'

describe('ashlar prove', () => {
  let place: Place
  beforeAll(async () => {
    place = await openPlace()
  })
  afterAll(() => place.dispose())
  const ashlar = (...args: string[]): Promise<Finished> =>
    place.ashlar('prove', module, ...args).finished()

  test('says what holds within which bounds', async () => {
    const { code, stdout } = await ashlar('--world', 'sound')
    expect(code).toBe(0)
    expect(stdout).toContain('sound: proved within its bounds')
    expect(stdout).toMatch(/[\d,]+ states, [\d,]+ moves, depth \d+, /)
    expect(stdout).toContain('within 1 crash(es), 1 duplicate(s)')
    expect(stdout).toContain('holds   every idempotency key is honoured')
    expect(stdout).toMatch(/payer: \d+ of \d+ transitions taken/)
  })

  test('shows a shortest way to what does not hold, and writes it down', async () => {
    const folder = join(place.folder, 'traces')
    const done = await ashlar('--world', 'broken', '--traces', folder, '--json')
    expect(done.code).toBe(1)
    const result = done.json() as { complete: boolean; violations: { property: string }[] }
    expect(result).toMatchObject({ complete: true, world: 'broken' })
    for (const name of ['states', 'transitions', 'depth', 'seconds']) {
      expect(typeof (result as Record<string, unknown>)[name]).toBe('number')
    }
    expect(result.violations.map(({ property }) => property)).toEqual([
      'every idempotency key is honoured',
    ])
    const files = await readdir(folder)
    expect(files).toEqual(['broken-every-idempotency-key-is-honoured.json'])
    const trace = decodeTrace(await readFile(join(folder, files[0]!)))
    expect(trace.moves.length).toBeGreaterThan(2)
    const { stdout } = await ashlar('--world', 'broken')
    expect(stdout).toContain('BROKEN  every idempotency key is honoured')
    expect(stdout).toMatch(/ {2}1\. user sends \{"type":"GO"\} to payer\/p/)
  })

  test('claims nothing when it was cut off, and goes on from a checkpoint', async () => {
    const whole = (await ashlar('--world', 'large', '--json')).json()
    const file = join(place.folder, 'search.bin')
    const go = ['--world', 'large', '--checkpoint', file]
    const cut = await ashlar(...go, '--states', '2000')
    expect(cut.code).toBe(5)
    expect(cut.stdout).toContain('nothing found so far, not proved')
    expect(cut.stdout).toContain('cut off: the bound of --states was reached')
    const rest = await ashlar(...go, '--json')
    expect(rest.code).toBe(0)
    expect(rest.stderr).toContain('going on from')
    const { states, transitions, depth } = whole
    expect(rest.json()).toMatchObject({ complete: true, states, transitions, depth })
    const other = await ashlar('--world', 'sound', '--checkpoint', file)
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('checkpoint: expected one of world sound')
  })

  test('takes bounds, and says what is wrong with what it is given', async () => {
    const bounded = await ashlar(
      '--world',
      'broken',
      '--crashes',
      '0',
      '--attempts',
      '1',
      '--first',
    )
    expect(bounded.stdout).toContain('within 0 crash(es)')
    expect((await ashlar('--crashes', 'many')).stderr).toContain(
      '--crashes: expected a whole number',
    )
    const unknown = await ashlar('--world', 'none')
    expect(unknown).toMatchObject({ code: 4 })
    expect(unknown.stderr).toContain('it has broken, large, sound')
    const none = await place.ashlar('prove', 'test/cli/fixtures/kiosk.ts').finished()
    expect(none).toMatchObject({ code: 2 })
    expect(none.stderr).toContain('an export made by defineWorld()')
  })
})
