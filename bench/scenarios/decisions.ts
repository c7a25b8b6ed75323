import OpenAI from 'openai'
import { silentLogger } from '../../src/actors/logger.ts'
import type { Performer } from '../../src/actors/performer.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { createPerformers } from '../../src/cli/performers.ts'
import type { BudgetAccount } from '../../src/contracts/budget.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { systemRandom } from '../../src/contracts/random.ts'
import { modelDecision, modelName } from '../agents/model-decision.ts'
import { runClosedLoop } from '../measure/closed-loop.ts'
import { median, percentile } from '../measure/latency.ts'
import { startModel } from '../measure/model-process.ts'
import type { Block } from '../report/block.ts'
import { show, showBytes, showPercent } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'
import { measureBudgets } from './decision-budgets.ts'

interface DecisionCost {
  concurrency: number
  decisionsPerSecond: number
  bareCallsPerSecond: number
  p50Ms: number
  bareP50Ms: number
  cpuMsPerDecision: number
  cpuMsPerBareCall: number
}

interface BudgetCheck {
  asked: number
  capCalls: number
  granted: number
  balanceCalls: number
}

interface MemoryCheck {
  decisions: number
  /** Least heap in the second and in the last third of the decisions. */
  earlyHeapBytes: number
  lateHeapBytes: number
}

const atOnce = [1, 64, 1_000]
const budgetAsked = 1_000
const budgetCap = 400

/** Decisions of a model behind a server of its own, beside bare calls of the same client. */
export const decisionsScenario: Scenario = {
  name: 'decisions',
  title: 'Decisions by a model on the wire',
  async run(context) {
    const { options, progress } = context
    const model = await startModel()
    try {
      const bench = setUp(model.baseURL)
      const costs: DecisionCost[] = []
      for (const concurrency of options.concurrency ?? atOnce) {
        const cost = await measure(bench, concurrency, options.seconds * 1000)
        const { decisionsPerSecond, bareCallsPerSecond } = cost
        const beside = `bare ${show(bareCallsPerSecond)}/s`
        progress(`decisions c=${concurrency}: ${show(decisionsPerSecond)}/s, ${beside}`)
        costs.push(cost)
      }
      const budget = await checkBudget(bench)
      const memory = await checkMemory(bench, options.seconds * 1000)
      progress(`decisions: ${budget.granted} of ${budget.asked} within a cap of ${budget.capCalls}`)
      const shared = await measureBudgets(context, model)
      return {
        json: { costs, budget, memory, shared: shared.json },
        blocks: [table(costs), note(budget, memory), ...shared.blocks],
      }
    } finally {
      model.stop()
    }
  },
}

interface Bench {
  decide(account?: BudgetAccount): Promise<boolean>
  callBare(): Promise<void>
  balance(account: BudgetAccount): Promise<{ calls: number }>
}

function setUp(baseURL: string): Bench {
  const client = new OpenAI({ apiKey: 'bench', baseURL, maxRetries: 0 })
  const [clock, random, ids] = [systemClock(), systemRandom(), systemIds()]
  const { keyValue } = createLocalBroker({ clock }).connect('bench')
  const decision = modelDecision(client)
  const ports = { keyValue, clock, random, ids, log: silentLogger }
  const [performer] = createPerformers({ decisions: [decision] }, ports).serves as [Performer]
  const input = { order: 'o-17' }
  let calls = 0
  return {
    async decide(account) {
      const call = {
        id: `bench/1:${++calls}:0`,
        agent: { type: 'bench', id: '1' },
        input,
        offered: ['CONTINUE', 'STOP'],
        budgets: account ? [account] : [],
      }
      const { signal } = new AbortController()
      return 'output' in (await performer.perform(call, signal))
    },
    async callBare() {
      const messages = [{ role: 'user' as const, content: decision.prompt(input, []) }]
      await client.chat.completions.create({ model: modelName, messages })
    },
    async balance({ name }) {
      return fromBytes((await keyValue.get('budget', name))!.value) as { calls: number }
    },
  }
}

/** Ours and the bare client in turns: A B A B. */
async function measure(bench: Bench, concurrency: number, windowMs: number): Promise<DecisionCost> {
  const ours: Turn[] = []
  const bare: Turn[] = []
  for (let turn = 0; turn < 2; turn++) {
    ours.push(
      await timed(concurrency, windowMs / 4, async () => {
        if (!(await bench.decide())) throw new Error('a decision of the benchmark abstained')
      }),
    )
    bare.push(await timed(concurrency, windowMs / 4, () => bench.callBare()))
  }
  return {
    concurrency,
    decisionsPerSecond: median(ours.map(({ perSecond }) => perSecond)),
    bareCallsPerSecond: median(bare.map(({ perSecond }) => perSecond)),
    p50Ms: median(ours.map(({ p50Ms }) => p50Ms)),
    bareP50Ms: median(bare.map(({ p50Ms }) => p50Ms)),
    cpuMsPerDecision: median(ours.map(({ cpuMs }) => cpuMs)),
    cpuMsPerBareCall: median(bare.map(({ cpuMs }) => cpuMs)),
  }
}

interface Turn {
  perSecond: number
  p50Ms: number
  cpuMs: number
}

async function timed(
  concurrency: number,
  windowMs: number,
  work: () => Promise<unknown>,
): Promise<Turn> {
  let used: NodeJS.CpuUsage = { user: 0, system: 0 }
  const loop = await runClosedLoop({
    concurrency,
    warmUpMs: windowMs / 2,
    windowMs,
    work,
    onOpen: () => (used = process.cpuUsage()),
    onClose: () => (used = process.cpuUsage(used)),
  })
  return {
    perSecond: (loop.count * 1000) / loop.elapsedMs,
    p50Ms: percentile(
      loop.latenciesMs.toSorted((a, b) => a - b),
      0.5,
    ),
    cpuMs: (used.user + used.system) / 1000 / loop.count,
  }
}

/** All at once against one account: as many as the cap grants are asked, to the last one. */
async function checkBudget(bench: Bench): Promise<BudgetCheck> {
  const account = { name: 'bench/capped', caps: { calls: budgetCap }, openedAtMs: 0 }
  const asked = Array.from({ length: budgetAsked }, () => bench.decide(account))
  const granted = (await Promise.all(asked)).filter((decided) => decided).length
  const { calls } = await bench.balance(account)
  if (granted !== budgetCap || calls !== budgetCap) {
    throw new Error(`${granted} decisions and a balance of ${calls} under a cap of ${budgetCap}`)
  }
  return { asked: budgetAsked, capCalls: budgetCap, granted, balanceCalls: calls }
}

async function checkMemory(bench: Bench, windowMs: number): Promise<MemoryCheck> {
  const heaps: number[] = []
  let decisions = 0
  const work = async (): Promise<void> => {
    await bench.decide()
    // Right after a collection there is least on the heap, so the minima tell of what stays.
    if (++decisions % 100 === 0) heaps.push(process.memoryUsage().heapUsed)
  }
  await runClosedLoop({ concurrency: 1_000, warmUpMs: windowMs / 2, windowMs, work })
  const third = Math.floor(heaps.length / 3)
  const [early, late] = [heaps.slice(third, 2 * third), heaps.slice(2 * third)]
  return { decisions, earlyHeapBytes: Math.min(...early), lateHeapBytes: Math.min(...late) }
}

function table(costs: readonly DecisionCost[]): Block {
  return {
    kind: 'table',
    title: 'Decisions through their statechart, against bare calls of the same client, in turns',
    head: [
      'at once',
      'decisions/s',
      'p50 ms',
      'bare/s',
      'bare p50 ms',
      'of bare',
      'CPU ms',
      'bare CPU',
    ],
    rows: costs.map((cost) => [
      show(cost.concurrency),
      show(cost.decisionsPerSecond),
      show(cost.p50Ms),
      show(cost.bareCallsPerSecond),
      show(cost.bareP50Ms),
      showPercent(cost.decisionsPerSecond / cost.bareCallsPerSecond),
      show(cost.cpuMsPerDecision),
      show(cost.cpuMsPerBareCall),
    ]),
  }
}

function note(budget: BudgetCheck, memory: MemoryCheck): Block {
  const { decisions, earlyHeapBytes, lateHeapBytes } = memory
  return {
    kind: 'note',
    text:
      `${budget.asked} at once under a cap of ${budget.capCalls} calls: ${budget.granted} asked, ` +
      `none more. Least heap over ${decisions} decisions, 1,000 at once: ` +
      `${showBytes(earlyHeapBytes)} in the second third, ${showBytes(lateHeapBytes)} in the last.`,
  }
}
