import { connect } from 'ashlar'
import type { Runtime } from 'ashlar'
import { decodeRecord } from 'ashlar/proof'
import { counterAgent } from '../agents/counter.ts'
import { tick } from '../agents/folding.ts'
import type { BarePublish } from '../measure/bare-publish.ts'
import { openBarePublish } from '../measure/bare-publish.ts'
import type { BenchCell } from '../measure/bench-cell.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import { cpuMsOf } from '../measure/process-usage.ts'
import { runEach, sleep } from '../measure/closed-loop.ts'
import { postEvent } from '../measure/posting.ts'
import type { Block } from '../report/block.ts'
import { show, showPercent } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'

/** Transitions that one host commits, with the bare broker before and after. */
interface CommitPoint {
  /** Agents that have mail at the same time; the transitions of one follow each other. */
  concurrency: number
  commits: number
  commitsPerSecond: number
  hostCpuMsPerCommit: number | undefined
  publishesPerSecond: number
  /** Commits against bare publishes at the same concurrency in this run. */
  ofTheBroker: number
}

const concurrencies = [1, 64, 256]
const postsAtOnce = 512
const pollEveryMs = 50
const patienceMs = 120_000

/** How fast one host takes mail that is there already: one journal record per message. */
export const commitScenario: Scenario = {
  name: 'commit',
  title: 'Journal commits of one host',
  async run({ options, baselines, progress }) {
    const points: CommitPoint[] = []
    const seconds = options.quick ? options.seconds / 2 : options.seconds
    const cell = await openBenchCell('process')
    const bare = await openBarePublish(cell.broker.url)
    try {
      for (const concurrency of options.concurrency ?? concurrencies) {
        const point = await measurePoint(cell, bare, concurrency, seconds)
        points.push(point)
        const { publishesPerSecond, commitsPerSecond } = point
        baselines.push({ durability: 'process', concurrency, publishesPerSecond })
        progress(`commit c=${concurrency}: ${show(commitsPerSecond)}/s`)
      }
    } finally {
      await bare.close()
      await cell.close()
    }
    return { json: points, blocks: [table(points)] }
  },
}

async function measurePoint(
  cell: BenchCell,
  bare: BarePublish,
  concurrency: number,
  seconds: number,
): Promise<CommitPoint> {
  const bareMs = seconds * 1000 * 0.3
  const before = await bare.measure(concurrency, bareMs)
  // As much mail as takes a few seconds at half the speed of the broker.
  const eventsEach = Math.ceil((before * 0.4 * seconds) / concurrency)
  const name = `commit-${concurrency}`
  const runtime = await connect({ servers: cell.broker.url, cell: name })
  try {
    await postMail(runtime, concurrency, eventsEach)
    const host = await cell.serve('counters', { cell: name })
    const cpuBefore = cpuMsOf(host.pid)
    const elapsedMs = await untilCommitted(runtime, concurrency, eventsEach)
    const cpuAfter = cpuMsOf(host.pid)
    await host.stop()
    const after = await bare.measure(concurrency, bareMs)
    const commits = concurrency * (eventsEach + 1)
    const publishesPerSecond = (before + after) / 2
    const commitsPerSecond = (commits / elapsedMs) * 1000
    return {
      concurrency,
      commits,
      commitsPerSecond,
      hostCpuMsPerCommit:
        cpuBefore === undefined || cpuAfter === undefined
          ? undefined
          : (cpuAfter - cpuBefore) / commits,
      publishesPerSecond,
      ofTheBroker: commitsPerSecond / publishesPerSecond,
    }
  } finally {
    await runtime.close()
  }
}

function addressOf(index: number): { type: string; id: string } {
  return { type: counterAgent.id, id: `counter-${index}` }
}

/** A start and then events for every agent, in turns, so that all have mail until the end. */
async function postMail(runtime: Runtime, agents: number, eventsEach: number): Promise<void> {
  const post = (index: number): Promise<void> => {
    const order = Math.floor(index / agents) + 1
    const event = order === 1 ? ({ kind: 'init', input: {} } as const) : tick
    return postEvent(runtime.bus, addressOf(index % agents), order, event)
  }
  await runEach(agents * (eventsEach + 1), postsAtOnce, post)
}

/** From the first record to the last, by their own times; every agent must have every event. */
async function untilCommitted(
  runtime: Runtime,
  agents: number,
  eventsEach: number,
): Promise<number> {
  const { journal } = runtime.bus
  const givenUpMs = performance.now() + patienceMs
  let firstMs = Infinity
  let lastMs = 0
  for (let index = 0; index < agents; index++) {
    for (;;) {
      const last = await journal.last(addressOf(index))
      const record = last && decodeRecord(last.body)
      if (record && record.step === eventsEach + 1) {
        const count = Number(record.state.snapshot.context.count)
        if (count !== eventsEach) throw new Error(`${count} of ${eventsEach} events were counted`)
        lastMs = Math.max(lastMs, record.atMs)
        break
      }
      if (performance.now() > givenUpMs) throw new Error('the mail was not worked off')
      await sleep(pollEveryMs)
    }
  }
  for (let index = 0; index < agents; index++) {
    for await (const { body } of journal.history(addressOf(index))) {
      firstMs = Math.min(firstMs, decodeRecord(body).atMs)
      break
    }
  }
  return lastMs - firstMs
}

function table(points: readonly CommitPoint[]): Block {
  return {
    kind: 'table',
    title: 'One host, mail that was there before; against bare publishes at the same concurrency',
    head: ['at once', 'commits/s', 'host CPU ms', 'bare/s', 'of the broker'],
    rows: points.map((point) => [
      String(point.concurrency),
      show(point.commitsPerSecond),
      show(point.hostCpuMsPerCommit),
      show(point.publishesPerSecond),
      showPercent(point.ofTheBroker),
    ]),
  }
}
