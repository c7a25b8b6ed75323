import { expect, test } from 'vitest'
import { actorLimits } from '../../src/actors/limits.ts'
import { planFaults } from './schedule.ts'

const plan = { seed: 7, runs: 2_000, kills: 200, cluster: false }

test('the same seed plans the same faults, another one others', () => {
  expect(planFaults(plan)).toEqual(planFaults(plan))
  expect(planFaults({ ...plan, seed: 8 })).not.toEqual(planFaults(plan))
})

test('as many kills as demanded, over all kinds, all of them before the last run begins', () => {
  const faults = planFaults(plan)
  const kills = faults.filter(({ action }) => action === 'kill')
  expect(kills).toHaveLength(200)
  for (const kind of ['host', 'tool', 'decision', 'broker']) {
    expect(kills.filter((fault) => fault.kind === kind)).toHaveLength(50)
  }
  expect(faults.at(-1)!.afterRuns).toBeLessThan(plan.runs)
  const places = faults.map(({ afterRuns }) => afterRuns)
  expect(places).toEqual(places.toSorted((one, other) => one - other))
})

test('pauses of every kind, shorter and longer than makes a host count as lost', () => {
  const pauses = planFaults(plan).filter(({ action }) => action === 'pause')
  const { hostLostAfterMs } = actorLimits
  expect(new Set(pauses.map(({ kind }) => kind)).size).toBe(4)
  const hosts = pauses.filter(({ kind }) => kind === 'host').map(({ pauseMs }) => pauseMs)
  expect(Math.min(...hosts)).toBeLessThan(hostLostAfterMs)
  expect(Math.max(...hosts)).toBeGreaterThan(hostLostAfterMs)
})

test('in a cluster two of five kills are of its servers, most of them leaders', () => {
  const kills = planFaults({ ...plan, cluster: true }).filter(({ action }) => action === 'kill')
  const servers = kills.filter(({ kind }) => kind === 'broker')
  expect(servers).toHaveLength(80)
  expect(servers.filter(({ leaderOf }) => leaderOf !== undefined).length).toBeGreaterThan(30)
})
