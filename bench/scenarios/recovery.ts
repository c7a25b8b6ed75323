import type { Address } from 'ashlar'
import { parkActors, parkedAddress } from '../measure/stored-actors.ts'
import { waiterAgent } from '../agents/waiter.ts'
import type { BenchCell } from '../measure/bench-cell.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import type { BenchChild } from '../measure/bench-child.ts'
import { runEach, sleep } from '../measure/closed-loop.ts'
import { wakeOnce } from '../measure/stored-work.ts'
import { untilView } from '../measure/until-view.ts'
import type { Block } from '../report/block.ts'
import { show } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'

/** From the kill -9 of a host; the process of the next host is started at once. */
interface Recovery {
  what: string
  actors: number
  /** The new process serves its door. */
  servingMs: number
  /** It owns every slice. */
  ownedMs: number
  /** A sample of idle agents, or all busy ones, have taken their step. */
  answeredMs: number
  answered: number
}

const sampleSize = 200
const sampleConcurrency = 16
const startConcurrency = 64
const pollEveryMs = 20
const patienceMs = 120_000

/** How long agents stand still when their host dies. */
export const recoveryScenario: Scenario = {
  name: 'recovery',
  title: 'Recovery after kill -9 of the host',
  async run({ options, progress }) {
    const idle = await recoverIdle(options.quick ? 5_000 : 100_000)
    progress(`recovery: ${idle.actors} waiting agents answered after ${show(idle.answeredMs)} ms`)
    const busy = await recoverBusy(options.quick ? 1_000 : 10_000)
    progress(`recovery: ${busy.actors} busy agents went on after ${show(busy.answeredMs)} ms`)
    return { json: [idle, busy], blocks: [table([idle, busy])] }
  },
}

/** Agents that wait for an event, with nothing in their mail. */
async function recoverIdle(actors: number): Promise<Recovery> {
  const cell = await openBenchCell('process', ['counters'])
  try {
    await parkActors(cell.runtime.bus, 0, actors)
    const stride = Math.floor(actors / sampleSize)
    const wakeSample = (offset: number): Promise<void> =>
      runEach(sampleSize, sampleConcurrency, (index) =>
        wakeOnce(cell.runtime, parkedAddress(index * stride + offset)),
      )
    await wakeSample(0)
    const { begunMs, servingMs, ownedMs } = await replaceHost(cell, 'counters')
    // Half of them were in the dead host's memory, the others were not.
    await runEach(sampleSize, sampleConcurrency, (index) =>
      wakeOnce(cell.runtime, parkedAddress(index * stride + (index % 2))),
    )
    const answeredMs = performance.now() - begunMs
    const what = 'waiting for an event'
    return { what, actors, servingMs, ownedMs: await ownedMs, answeredMs, answered: sampleSize }
  } finally {
    await cell.close()
  }
}

/** Agents whose host was running a tool for each: the next host has to run it again. */
async function recoverBusy(actors: number): Promise<Recovery> {
  const cell = await openBenchCell('process', ['silent'])
  try {
    const addresses: Address[] = []
    await runEach(actors, startConcurrency, async (index) => {
      const ref = await cell.runtime.client.start(waiterAgent, { id: `w-${index}`, input: {} })
      addresses.push(ref.address)
    })
    await runEach(actors, startConcurrency, (index) =>
      untilView(cell.runtime, addresses[index]!, ({ step }) => step === 1),
    )
    const { begunMs, servingMs, ownedMs } = await replaceHost(cell, 'answering')
    const begunAtMs = Date.now() - (performance.now() - begunMs)
    let lastAtMs = 0
    await runEach(actors, sampleConcurrency, async (index) => {
      const isDone = ({ status }: { status: string }): boolean => status === 'done'
      const { atMs } = await untilView(cell.runtime, addresses[index]!, isDone)
      lastAtMs = Math.max(lastAtMs, atMs)
    })
    const answeredMs = lastAtMs - begunAtMs
    const what = 'tool under way in the host'
    return { what, actors, servingMs, ownedMs: await ownedMs, answeredMs, answered: actors }
  } finally {
    await cell.close()
  }
}

/** Kills the only host and starts another. Times count from the kill. */
async function replaceHost(
  cell: BenchCell,
  role: 'counters' | 'answering',
): Promise<{ begunMs: number; servingMs: number; ownedMs: Promise<number> }> {
  const old = cell.children[0]!
  const begunMs = performance.now()
  const dead = old.kill()
  const host = await cell.serve(role)
  const servingMs = performance.now() - begunMs
  await dead
  return { begunMs, servingMs, ownedMs: untilAllOwned(cell, host, begunMs) }
}

async function untilAllOwned(cell: BenchCell, host: BenchChild, begunMs: number): Promise<number> {
  for (;;) {
    const { ownedSlices } = await host.measure()
    if (ownedSlices === cell.runtime.bus.partitions) return performance.now() - begunMs
    if (performance.now() - begunMs > patienceMs) throw new Error('slices were not taken over')
    await sleep(pollEveryMs)
  }
}

function table(recoveries: readonly Recovery[]): Block {
  return {
    kind: 'table',
    title: 'Milliseconds from the kill; the next process is started at once',
    head: ['agents', 'serving ms', 'all slices ms', 'answered ms', 'by', 'what they were doing'],
    rows: recoveries.map((one) => [
      one.actors.toLocaleString('en'),
      show(one.servingMs),
      show(one.ownedMs),
      show(one.answeredMs),
      one.answered.toLocaleString('en'),
      one.what,
    ]),
  }
}
