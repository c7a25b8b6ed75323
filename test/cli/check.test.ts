import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished, Place } from './cli-fixture.ts'
import { openPlace } from './cli-fixture.ts'

const parcel = 'test/cli/fixtures/parcel.ts'
const next = 'test/cli/fixtures/parcel-next.ts'

interface Report {
  machines: { id: string; version: string; hash: string; states: number; sources: object[] }[]
  summary: Record<string, number>
  groups: {
    kind: string
    state: string | null
    strands: boolean
    count: number
    examples: string[]
  }[]
  notes: string[]
}

describe('ashlar check', () => {
  let place: Place
  beforeAll(async () => {
    place = await openPlace()
  })
  afterAll(() => place.dispose())
  const check = (...args: string[]): Promise<Finished> => place.ashlar('check', ...args).finished()
  const report = ({ json }: Finished): Report => json() as unknown as Report

  test('says of every machine that it registers', async () => {
    const { code, stdout } = await check('examples/quickstart/refunds.ts')
    expect(stdout).toMatch(/^refund@1 \([0-9a-f]{16}\) {2}registers: 5 state\(s\)\n/)
    expect(stdout).toContain('  tool      payOut (pay_out)\n  decision  judge (judge_refund)\n')
    expect(code).toBe(0)
    const { machines } = report(await check('examples/quickstart/refunds.ts', '--json'))
    expect(machines).toMatchObject([{ id: 'refund', version: '1', states: 5, sources: [{}, {}] }])
  })

  test('or which rules one of them breaks, with code 1', async () => {
    const { code, stdout } = await check(next, '--set', 'chart=broken')
    expect(stdout).toContain('machine parcel cannot be registered:\n  parcel.on.*: a bare wildcard')
    expect(code).toBe(1)
    const finished = await check(next, '--set', 'chart=broken', '--json')
    expect(finished.json()).toMatchObject({
      machines: [],
      broken: { problems: [{ path: 'parcel.on.*' }] },
    })
    expect(finished.code).toBe(1)
  })

  test('against the old module: its reachable states, each with a way to it', async () => {
    const finished = await check(next, '--against', parcel)
    expect(finished.code).toBe(1)
    expect(finished.stderr).toContain('ashlar: 1 state(s) would be stranded')
    expect(finished.stdout).toContain(`2 state(s) of ${parcel}`)
    expect(finished.stdout).toMatch(
      /STRANDED {2}1 {2}parcel@1 \([0-9a-f]{16}\) in asking: state-gone\n +there is no state asking .*\n +such as init -> ASK\n/,
    )
    expect(finished.stdout).toMatch(/warning {3}2 {2}parcel@1 \([0-9a-f]{16}\): other-version\n/)
    expect(finished.stdout).toMatch(/CANCEL was taken in this state and is not any more/)
    const fine = await check(next, '--against', parcel, '--set', 'chart=fine')
    expect(fine.stdout).toContain('nobody is stranded; those of another version pause')
    expect(fine.code).toBe(0)
    const gone = await check(next, '--against', parcel, '--set', 'chart=none', '--json')
    expect(report(gone).groups).toMatchObject([{ kind: 'machine-gone', strands: true }, {}])
    expect(gone.code).toBe(1)
  })

  test('against the cell: every agent that it has stored', async () => {
    const serving = place.ashlar('run', parcel)
    await serving.printed(/serving parcels/)
    const run = (...args: string[]): Promise<Finished> => place.ashlar(...args).finished()
    await Promise.all(['a', 'b', 'c', 'ended'].map((id) => run('start', 'parcel', '--id', id)))
    await Promise.all(['b', 'c'].map((id) => run('send', `parcel/${id}`, 'ASK')))
    await run('send', 'parcel/ended', 'CANCEL')
    for (;;) {
      const { agents } = (await run('ps', '--json')).json() as { agents: { value: string }[] }
      const values = agents.map(({ value }) => value).toSorted()
      if (values.join() === 'asking,asking,cancelled,packing') break
    }
    serving.child.kill('SIGTERM')
    await serving.finished()

    const stranding = await check(next, '--against', 'cell', '--examples', '1', '--json')
    expect(stranding.code).toBe(1)
    expect(stranding.stderr).toContain('ashlar: 2 agent(s) would be stranded')
    const { summary, groups, notes } = report(stranding)
    expect(summary).toEqual({ instances: 4, ended: 1, same: 0, fine: 1, warned: 0, stranded: 2 })
    expect(groups).toMatchObject([
      { kind: 'state-gone', state: 'asking', strands: true, count: 2 },
      { kind: 'other-version', state: null, strands: false, count: 3 },
    ])
    expect(groups.map(({ examples }) => examples.length)).toEqual([1, 1])
    expect(groups[0]!.examples.join()).toMatch(/^parcel\/[bc]$/)
    expect(notes).toEqual([])

    const fine = await check(next, '--against', 'cell', '--set', 'chart=fine')
    expect(fine.stdout).toContain('4 agent(s) of the cell\n         0  would be stranded\n')
    expect(fine.stdout).toContain('         3  could go on as they are\n')
    expect(fine.code).toBe(0)
    const unraised = await check(next, '--against', 'cell', '--set', 'chart=unraised')
    expect(unraised.stdout).toContain('next: raise the version of the machines')
    expect(unraised.code).toBe(0)
    const same = await check(parcel, '--against', 'cell')
    expect(same.stdout).toContain('         3  are of this very version\n')
    expect(same.stdout).toContain('next: nothing to do')
    expect(same.code).toBe(0)
  })

  test.each([
    ['a module that is not there', ['nowhere.ts'], 2, /module: expected a module that can be/],
    ['an old module that is not there', [next, '--against', 'nowhere.ts'], 2, /module: expected/],
    [
      'a start input for nobody',
      [next, '--against', parcel, '--input', 'nobody={}'],
      2,
      /--input: expected machine=json, the machine one of: parcel, got nobody/,
    ],
    ['no number of examples', [next, '--examples', 'few'], 2, /--examples: expected a whole/],
  ])('%s is refused', async (_, args, code, message) => {
    const finished = await check(...args)
    expect(finished.stderr).toMatch(message)
    expect(finished.code).toBe(code)
  })

  test('the help lists it', async () => {
    const { stdout } = await place.ashlar('--help').finished()
    expect(stdout).toMatch(/^ {2}check .*<module>/m)
  })
})
