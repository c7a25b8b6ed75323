import { expect, test } from 'vitest'
import type { Instance } from '../../src/proof/strand-report.ts'
import { checkVersions } from '../../src/proof/strand-report.ts'
import { agent, send, stored } from './version-pairs.ts'

const b = { type: 'final' }
const old = agent(
  { initial: 'a', states: { a: { on: { GO: 'b', HOP: 'c' } }, b, c: { on: { GO: 'b' } } } },
  { version: '1' },
)
const next = agent({ initial: 'a', states: { a: { on: { GO: 'b' } }, b } })

const many = (where: string, count: number, ...types: string[]): Instance[] =>
  Array.from({ length: count }, (_, index) => ({
    where: `${where}${index}`,
    state: stored(old, ...types.map(send)),
  }))

test('every instance is counted once, and groups name the first of theirs', async () => {
  const told: number[] = []
  const { summary, groups, more } = await checkVersions(
    [
      ...many('a', 3),
      ...many('c', 2, 'HOP'),
      ...many('end', 4, 'GO'),
      { where: 'new', state: stored(next) },
    ],
    { next: [next], examples: 2, onChecked: ({ instances }) => void told.push(instances) },
  )
  expect(summary).toEqual({ instances: 10, ended: 4, same: 1, fine: 3, warned: 0, stranded: 2 })
  expect(groups).toMatchObject([
    {
      machine: 'm',
      state: 'c',
      kind: 'state-gone',
      strands: true,
      count: 2,
      examples: ['c0', 'c1'],
    },
    { from: { version: '1', hash: old.hash }, state: null, kind: 'other-version', count: 5 },
  ])
  expect(groups[1]!.examples).toEqual(['a0', 'a1'])
  expect(more).toBe(0)
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('where the old definition is known, it is taken for the machine of that id', async () => {
  const instances = many('a', 1)
  const options = { next: [next], examples: 1 }
  const unknown = await checkVersions(instances, options)
  expect(unknown.groups.map(({ kind }) => kind)).toEqual(['other-version'])
  const known = await checkVersions(instances, { ...options, before: [old] })
  expect(known.groups.map(({ kind, about }) => [kind, about])).toContainEqual([
    'event-untaken',
    'HOP',
  ])
  expect(known.summary.warned).toBe(1)
})

test('instances of a machine that is gone are stranded', async () => {
  const { summary, groups } = await checkVersions(many('a', 1), { next: [], examples: 1 })
  expect(summary.stranded).toBe(1)
  expect(groups).toMatchObject([{ kind: 'machine-gone', strands: true, path: 'm' }])
  expect(groups[0]!.message).toContain('keep serving m@1 until they have ended')
})

test('the groups are bounded, and what does not fit is counted', async () => {
  function* endless(): Generator<Instance> {
    const state = stored(old)
    for (let version = 0; version < 1_010; version++) {
      yield {
        where: 'one',
        state: { ...state, machine: { ...state.machine, version: `v${version}` } },
      }
    }
  }
  const { groups, more } = await checkVersions(endless(), { next: [next], examples: 0 })
  expect(groups).toHaveLength(1_000)
  expect(more).toBe(10)
  expect(groups[0]!.examples).toEqual([])
})
