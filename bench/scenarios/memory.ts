import type { ProcessMeasure } from '../agents/process.ts'
import { tick } from '../agents/folding.ts'
import type { BenchCell } from '../measure/bench-cell.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import { runEach } from '../measure/closed-loop.ts'
import { postEvent } from '../measure/posting.ts'
import type { Soak } from '../measure/soak.ts'
import { soak } from '../measure/soak.ts'
import { parkActors, parkedAddress } from '../measure/stored-actors.ts'
import { untilView } from '../measure/until-view.ts'
import type { Block } from '../report/block.ts'
import { show, showBytes } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'

/** The memory of a host at one moment, after a collection. */
interface MemoryPoint extends ProcessMeasure {
  what: string
}

interface ParkedMemory {
  points: MemoryPoint[]
  actors: number
  /** Heap that one more agent takes that the host once had in memory. */
  heapBytesPerParked: number
}

const atOnce = 64
/** More than a host keeps in memory. */
const fillingActors = 4_000

/** What parked agents, and time, do to the memory of a host. */
export const memoryScenario: Scenario = {
  name: 'memory',
  title: 'Memory of a host',
  async run({ options, progress }) {
    const parked = await measureParked(options.quick ? 20_000 : 100_000, progress)
    const blocks = [parkedTable(parked)]
    if (options.soakMinutes === 0) return { json: { parked }, blocks }
    const soaked = await soak(options.soakMinutes, progress)
    return { json: { parked, soak: soaked }, blocks: [...blocks, ...soakBlocks(soaked)] }
  },
}

async function measureParked(
  actors: number,
  progress: (line: string) => void,
): Promise<ParkedMemory> {
  const cell = await openBenchCell('process')
  try {
    const host = await cell.serve('counters', { nodeFlags: ['--expose-gc'] })
    const points: MemoryPoint[] = []
    const look = async (what: string): Promise<MemoryPoint> => {
      const point = { what, ...(await host.measure()) }
      progress(`memory: ${what}: heap ${showBytes(point.heapBytes)}`)
      points.push(point)
      return point
    }
    await look('no agents')
    await parkActors(cell.runtime.bus, 0, actors)
    await look(`${actors} agents stored, none of them touched`)
    await tickAll(cell, 0, fillingActors)
    const filled = await look(`${fillingActors} of them have taken an event`)
    await tickAll(cell, fillingActors, actors)
    const all = await look('all of them have')
    const more = actors - fillingActors
    return {
      points,
      actors,
      heapBytesPerParked: (all.heapBytes - filled.heapBytes) / more,
    }
  } finally {
    await cell.close()
  }
}

/** Gives every agent of a range one event; few have mail at a time, so that others can be dropped. */
async function tickAll({ runtime }: BenchCell, from: number, to: number): Promise<void> {
  await runEach(to - from, atOnce, async (index) => {
    const address = parkedAddress(from + index)
    await postEvent(runtime.bus, address, 1, tick)
    await untilView(runtime, address, ({ step }) => step === 2)
  })
}

function parkedTable(parked: ParkedMemory): Block {
  return {
    kind: 'table',
    title: `A parked agent takes ${showBytes(Math.max(0, parked.heapBytesPerParked))} of its host's heap`,
    head: ['heap', 'resident set', 'in memory', 'when'],
    rows: parked.points.map(({ what, heapBytes, rssBytes, residentAgents }) => [
      showBytes(heapBytes),
      showBytes(rssBytes),
      residentAgents.toLocaleString('en'),
      what,
    ]),
  }
}

function soakBlocks({ minutes, runsPerSecond, samples, growthPerMinute }: Soak): Block[] {
  const every = Math.max(1, Math.floor(samples.length / 20))
  const shown = samples.filter((_, index) => index % every === 0)
  const { hostBytes, brokerBytes, clientBytes } = growthPerMinute
  return [
    {
      kind: 'note',
      text:
        `${minutes} minutes of the inline loop at ${show(runsPerSecond)} runs/s. Growth per minute ` +
        `after the warm-up: host ${showBytes(hostBytes)}, broker ${showBytes(brokerBytes)}, ` +
        `client ${showBytes(clientBytes)}.`,
    },
    {
      kind: 'bars',
      title: 'Resident memory of the host under load',
      unit: 'MB',
      bars: shown.map(({ atMs, hostRssBytes }) => ({
        label: `${(atMs / 60_000).toFixed(1)} min`,
        value: hostRssBytes / 1024 / 1024,
      })),
    },
  ]
}
