import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

const module = 'test/cli/fixtures/toll.ts'

describe('ashlar prove --mutants', () => {
  let place: Place
  const prove = (...args: string[]): Promise<Finished> =>
    place.ashlar('prove', module, '--mutants', ...args).finished()

  beforeAll(async () => {
    place = await openPlace()
  })
  afterAll(() => place.dispose())

  test('names the survivor that nobody explains, with code 1', async () => {
    const { code, stdout, stderr } = await prove()
    expect(stdout).toContain('toll: mutation score 100 % (2 of 2 mutants are noticed)\n')
    expect(stdout).toContain('bell: mutation score 50 % (1 of 2 mutants are noticed)\n')
    expect(stdout).toContain(
      '  survives: bell.quiet | RING[0] -> bell.loud without its guard: NOT EXPLAINED\n',
    )
    expect(stderr).toContain(
      'a road: 1/2 toll.shut | PASS[0] -> toll.passed without its guard: nobody passes for nothing ',
    )
    expect(code).toBe(1)
  })

  test('of one machine, as JSON', async () => {
    const { code, json } = await prove('--machine', 'toll', '--json')
    expect(json()).toMatchObject({
      mutants: [
        {
          world: 'a road',
          machine: 'toll',
          verdicts: [
            {
              name: 'toll.shut | PASS[0] -> toll.passed without its guard',
              mutation: 'without its guard',
              prover: { property: 'nobody passes for nothing', reason: 'somebody did', moves: 1 },
              searches: [{ complete: false }],
            },
            { prover: { property: 'every state is reached' } },
          ],
          score: { mutants: 2, percent: 100, proverPercent: 100 },
          unexplained: [],
          outdated: [],
        },
      ],
    })
    expect(code).toBe(0)
  })

  test('names a machine that is not there, with code 4', async () => {
    const { code, stderr } = await prove('--machine', 'nobody')
    expect(stderr).toContain('has no machine nobody')
    expect(code).toBe(4)
  })
})
