import type { KindName } from '../agents/kinds.ts'
import { kindAgents, kindsNote } from '../agents/kinds.ts'
import type { BenchCell } from '../measure/bench-cell.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import { runEach } from '../measure/closed-loop.ts'
import type { Traffic } from '../measure/traffic.ts'
import { watchTraffic } from '../measure/traffic.ts'
import { show, showBytes } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'

/** What one step of a kind puts on the broker. Leases and heartbeats, by the clock, are left out. */
interface KindCost {
  kind: KindName
  /** The run without the step is taken away, except from that run itself. */
  traffic: Traffic
  storedMessages: number
  storedBytes: number
  messages: number
  bytes: number
}

const runs = 200
const atOnce = 4
/** What goes out by the clock and not by the step. */
const periodic: ReadonlySet<string> = new Set(['keyValue', 'api', 'heartbeats'])
/** All mail is handed over, also that of timers, which the broker itself puts into a mailbox. */
const storedSpaces = ['mailHandedOver', 'journal', 'timers', 'work']

/** Messages and bytes of a step, by what it does. Nothing is timed. */
export const kindsScenario: Scenario = {
  name: 'kinds',
  title: 'What a step costs on the broker, by its kind',
  async run() {
    const cell = await openBenchCell('process', ['kinds', 'kindsTools'])
    try {
      const costs: KindCost[] = []
      let plain: Traffic | undefined
      for (const kind of Object.keys(kindAgents) as KindName[]) {
        const traffic = await trafficPerRun(cell, kind)
        costs.push(costOf(kind, plain ? difference(traffic, plain) : traffic))
        plain ??= traffic
      }
      return { json: costs, blocks: [table(costs)] }
    } finally {
      await cell.close()
    }
  },
}

async function trafficPerRun(cell: BenchCell, kind: KindName): Promise<Traffic> {
  const { client } = cell.runtime
  const agent = kindAgents[kind]
  const runOnce = async (): Promise<void> => {
    if (kind !== 'event from outside') {
      await client.execute(agent, { input: kindsNote })
      return
    }
    const ref = await client.start(agent, { input: kindsNote })
    await ref.send({ type: 'GO', ...kindsNote })
    await ref.output()
  }
  await runOnce()
  const watch = await watchTraffic(cell.broker.url)
  await runEach(runs, atOnce, runOnce)
  const traffic = Object.entries(await watch.stop()).filter(([space]) => !periodic.has(space))
  return Object.fromEntries(
    traffic.map(([space, { messages, bytes }]) => [
      space,
      { messages: messages / runs, bytes: bytes / runs },
    ]),
  )
}

function difference(whole: Traffic, part: Traffic): Traffic {
  return Object.fromEntries(
    Object.entries(whole).map(([space, { messages, bytes }]) => [
      space,
      {
        messages: messages - (part[space]?.messages ?? 0),
        bytes: bytes - (part[space]?.bytes ?? 0),
      },
    ]),
  )
}

function costOf(kind: KindName, traffic: Traffic): KindCost {
  const sum = (spaces: readonly string[], what: 'messages' | 'bytes'): number =>
    spaces.reduce((sum, space) => sum + (traffic[space]?.[what] ?? 0), 0)
  return {
    kind,
    traffic,
    storedMessages: sum(storedSpaces, 'messages'),
    storedBytes: sum(storedSpaces, 'bytes'),
    messages: sum(Object.keys(traffic), 'messages'),
    bytes: sum(Object.keys(traffic), 'bytes'),
  }
}

function table(costs: readonly KindCost[]) {
  const spaces = [...new Set(costs.flatMap(({ traffic }) => Object.keys(traffic)))]
  return {
    kind: 'table' as const,
    title:
      'A whole run, then what one step adds to it: messages by what they are, and bytes; ' +
      'answers include those to reads and purges',
    head: ['kind', ...spaces, 'stored', 'bytes stored', 'all', 'bytes'],
    rows: costs.map((cost) => [
      cost.kind,
      ...spaces.map((space) => show(cost.traffic[space]?.messages)),
      show(cost.storedMessages),
      showBytes(cost.storedBytes),
      show(cost.messages),
      showBytes(cost.bytes),
    ]),
  }
}
