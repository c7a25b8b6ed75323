import { parentPort } from 'node:worker_threads'
import { loadDesk } from './desk.ts'
import { plan, play } from './run-seed.ts'
import type { Strikes } from './simulation.ts'

/** What a worker is asked to run: `count` seeds from `from` on. */
export interface Chunk {
  from: number
  count: number
}

export interface ChunkDone extends Chunk {
  turns: number
  strikes: Strikes
  broken: { seed: number; found: readonly string[] }[]
}

const desk = await loadDesk()

async function run({ from, count }: Chunk): Promise<ChunkDone> {
  const strikes: Partial<Strikes> = {}
  const broken: ChunkDone['broken'] = []
  let turns = 0
  for (let seed = from; seed < from + count; seed++) {
    const { result, found } = await play(plan(seed), desk)
    turns += result.turns
    for (const [kind, number] of Object.entries(result.strikes) as [keyof Strikes, number][]) {
      strikes[kind] = (strikes[kind] ?? 0) + number
    }
    if (found.length > 0) broken.push({ seed, found })
  }
  return { from, count, turns, strikes: strikes as Strikes, broken }
}

parentPort?.on('message', (chunk: Chunk) => {
  const answer = async (): Promise<void> => parentPort?.postMessage(await run(chunk))
  void answer()
})
