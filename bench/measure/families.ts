import type { AgentRef } from 'ashlar'
import { formatAddress } from 'ashlar'
import type { Cost } from '../../src/contracts/budget.ts'
import { nanosPerUsd } from '../../src/contracts/budget.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import type { Endings, FamilyKind } from '../agents/family.ts'
import { familyAgents, familyCaps } from '../agents/family.ts'
import { modelPrice } from '../agents/model-decision.ts'
import type { Billed } from '../agents/model-server.ts'
import type { ProcessMeasure } from '../agents/process.ts'
import type { BenchCell } from './bench-cell.ts'
import { openBenchCell } from './bench-cell.ts'
import type { BenchChild } from './bench-child.ts'
import type { ModelProcess } from './model-process.ts'

/** One family, from the start of its head to its end. */
export interface FamilyRun extends Endings {
  kind: FamilyKind
  askers: number
  /** Decided or not, per second. */
  askersPerSecond: number
  /** What the account says in the end; undefined where there is none. */
  balance: { calls: number; nanoUsd: number } | undefined
  caps: { calls: number; nanoUsd: number } | undefined
  /** What the model says that it was asked. */
  billed: { requests: number; nanoUsd: number }
  /** Writes of the account. */
  writes: number
}

/** The processes that families need: one hosts the agents, two ask the model. */
export interface FamilyCell {
  run(kind: FamilyKind): Promise<FamilyRun>
  /** Of the host of the agents first, after collections. */
  measure(): Promise<ProcessMeasure[]>
  close(): Promise<void>
}

const patienceMs = 120_000
const nanosPerToken = nanosPerUsd / 1_000_000

/** A cell whose families have so many askers. */
export async function openFamilyCell(model: ModelProcess, askers: number): Promise<FamilyCell> {
  const cell = await openBenchCell('process')
  const children: BenchChild[] = []
  const nodeFlags = ['--expose-gc']
  try {
    const settings = { askers: String(askers) }
    children.push(await cell.serve('families', { nodeFlags, settings }))
    for (let n = 0; n < 2; n++) {
      children.push(await cell.serve('model', { nodeFlags, settings: { model: model.baseURL } }))
    }
  } catch (thrown) {
    await cell.close()
    throw thrown
  }
  const heads = familyAgents(askers)
  let revision = 0
  return {
    async run(kind) {
      const before = await model.billed()
      const begunMs = performance.now()
      const ref = await cell.runtime.client.start(heads.get(kind)!, { input: {} })
      const endings = (await ended(ref)) as Endings
      const elapsedMs = performance.now() - begunMs
      const billed = billedBetween(before, await model.billed())
      const account = await readAccount(cell, ref)
      const caps = familyCaps(askers)[kind]
      const run: FamilyRun = {
        kind,
        askers,
        ...endings,
        askersPerSecond: (askers * 1000) / elapsedMs,
        balance: account && { calls: account.calls, nanoUsd: account.nanoUsd },
        caps: caps && { calls: caps.calls, nanoUsd: Math.floor(caps.usd * nanosPerUsd) },
        billed,
        writes: account ? account.revision - revision : 0,
      }
      revision = account?.revision ?? revision
      check(run)
      return run
    },
    measure: () => Promise.all(children.map((child) => child.measure())),
    close: () => cell.close(),
  }
}

async function ended(ref: AgentRef): Promise<unknown> {
  try {
    return await ref.output({ timeoutMs: patienceMs })
  } catch (thrown) {
    const view = await ref.read()
    const state = JSON.stringify(view?.context)
    throw new Error(`${formatAddress(ref.address)} stands still: ${state}`, { cause: thrown })
  }
}

function billedBetween(before: Billed, after: Billed): FamilyRun['billed'] {
  const inputTokens = after.inputTokens - before.inputTokens
  const outputTokens = after.outputTokens - before.outputTokens
  const { input, output } = modelPrice
  const nanoUsd = (inputTokens * input + outputTokens * output) * nanosPerToken
  return { requests: after.requests - before.requests, nanoUsd }
}

/** Nobody else writes accounts meanwhile, so the revisions of the bucket count the writes. */
async function readAccount(
  { runtime }: BenchCell,
  { address }: AgentRef,
): Promise<(Cost & { calls: number; revision: number }) | undefined> {
  const stored = await runtime.bus.keyValue.get('budget', formatAddress(address))
  if (!stored) return undefined
  const balance = fromBytes(stored.value) as Cost & { calls: number }
  return { ...balance, revision: stored.revision }
}

/**
 * The caps hold, nothing was asked that no account counts, and every asker has come to its end.
 * @throws Error
 */
function check(run: FamilyRun): void {
  const { askers, decided, exhausted, failed, balance, caps, billed } = run
  const faults = [
    failed > 0 && `${failed} failed`,
    decided + exhausted + failed !== askers && 'some are missing',
    decided > billed.requests && 'the model was asked less often than it decided',
    !caps && decided !== askers && 'without a budget all decide',
  ]
  if (balance && caps) {
    faults.push(
      balance.calls > caps.calls && 'the cap in calls is passed',
      balance.nanoUsd > caps.nanoUsd && 'the cap in money is passed',
      billed.requests > balance.calls && 'the model was asked more often than the account says',
      billed.nanoUsd > balance.nanoUsd && 'the model cost more than the account says',
      // What a call costs at most stays below a dollar by far, so only calls can bind here.
      run.kind === 'calls' && balance.calls !== caps.calls && 'calls were left unused',
    )
  }
  const found = faults.filter((fault) => fault !== false)
  if (found.length > 0) throw new Error(`${found.join('; ')}: ${JSON.stringify(run)}`)
}
