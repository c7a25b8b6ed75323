import { Worker } from 'node:worker_threads'
import type { Strikes } from './simulation.ts'
import type { Chunk, ChunkDone } from './worker.ts'

export interface Campaign {
  schedules: number
  /** The first seed. */
  seed: number
  workers: number
  onProgress: (soFar: CampaignResult) => void
}

export interface CampaignResult {
  /** How many were run. */
  schedules: number
  turns: number
  strikes: Strikes
  broken: ChunkDone['broken']
}

const seedsAtOnce = 25

/** Runs many seeds on several threads; the result does not depend on how many. */
export async function runCampaign(campaign: Campaign): Promise<CampaignResult> {
  const total: CampaignResult = {
    schedules: 0,
    turns: 0,
    strikes: { crash: 0, suspend: 0, leave: 0, outage: 0, leap: 0, skew: 0 },
    broken: [],
  }
  const chunks = chunksOf(campaign)
  const labour = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    try {
      for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
        add(total, await ask(worker, chunk))
        campaign.onProgress(total)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: campaign.workers }, labour))
  total.broken.sort((a, b) => a.seed - b.seed)
  return total
}

function chunksOf({ schedules, seed }: Campaign): Chunk[] {
  const chunks: Chunk[] = []
  for (let from = seed; from < seed + schedules; from += seedsAtOnce) {
    chunks.push({ from, count: Math.min(seedsAtOnce, seed + schedules - from) })
  }
  return chunks
}

function ask(worker: Worker, chunk: Chunk): Promise<ChunkDone> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (done: ChunkDone) => {
      worker.off('error', reject)
      resolve(done)
    })
    worker.postMessage(chunk)
  })
}

function add(total: CampaignResult, done: ChunkDone): void {
  total.schedules += done.count
  total.turns += done.turns
  total.broken.push(...done.broken)
  for (const kind of Object.keys(total.strikes) as (keyof Strikes)[]) {
    total.strikes[kind] += done.strikes[kind] ?? 0
  }
}
