import type { JournalRecord } from 'ashlar/proof'
import { decodeRecord } from 'ashlar/proof'
import { encodeRecord } from '../../src/contracts/record.ts'
import { foldLoop, newCounter, tickCounter } from '../agents/folding.ts'
import { microsPerCall } from '../measure/tight-loop.ts'
import type { Block } from '../report/block.ts'
import { show, showBytes } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'

/** The cost of the step without a broker, microseconds. */
interface StepCost {
  contextBytes: number
  recordBytes: number
  /** Folding an event on the state that the host has in memory. */
  foldMicros: number
  /** Folding it on a state that was just read from the journal; without the reading. */
  foldStoredMicros: number
  encodeMicros: number
  decodeMicros: number
}

/** Of one kind of call, against the length of a measured window. */
const budgetShare = 0.1

const contextSizes = [1, 4, 16, 64, 256].map((kilobytes) => kilobytes * 1024)

/** The pure step: how fast events fold, and what a record costs to write and to read. */
export const stepScenario: Scenario = {
  name: 'step',
  title: 'The pure step',
  run({ options, progress }) {
    const budgetMs = options.seconds * 1000 * budgetShare
    const loop = loopCost(budgetMs)
    const contexts = contextSizes.map((bytes) => {
      progress(`step: a context of ${showBytes(bytes)}`)
      return contextCost(bytes, budgetMs)
    })
    return Promise.resolve({ json: { loop, contexts }, blocks: [loopTable(loop), table(contexts)] })
  },
}

/** The loop's own machine, on average over the steps of a run. */
interface LoopCost {
  stepsPerRun: number
  foldsPerSecond: number
  foldMicros: number
  recordBytes: number
  encodeMicros: number
  decodeMicros: number
}

function loopCost(budgetMs: number): LoopCost {
  const records = foldLoop('sample')
  const bodies = records.map((record) => encodeRecord(record))
  const stepsPerRun = records.length
  const perStep = (work: () => void): number => microsPerCall(budgetMs, work) / stepsPerRun
  const foldMicros = perStep(() => foldLoop('sample'))
  return {
    stepsPerRun,
    foldsPerSecond: 1e6 / foldMicros,
    foldMicros,
    recordBytes: bodies.reduce((sum, { length }) => sum + length, 0) / stepsPerRun,
    encodeMicros: perStep(() => records.forEach((record) => encodeRecord(record))),
    decodeMicros: perStep(() => bodies.forEach((body) => decodeRecord(body))),
  }
}

function contextCost(contextBytes: number, budgetMs: number): StepCost {
  // Not the first record: that one holds the context as input too.
  let record = tickCounter(newCounter('sample', contextBytes))
  const body = encodeRecord(record)
  const decodeMicros = microsPerCall(budgetMs, () => decodeRecord(body))
  const readAndFold = microsPerCall(budgetMs, () => tickCounter(decodeRecord(body)))
  const next = (): JournalRecord => (record = tickCounter(record))
  return {
    contextBytes,
    recordBytes: body.length,
    foldMicros: microsPerCall(budgetMs, next),
    foldStoredMicros: Math.max(0, readAndFold - decodeMicros),
    encodeMicros: microsPerCall(budgetMs, () => encodeRecord(record)),
    decodeMicros,
  }
}

function loopTable(loop: LoopCost): Block {
  return {
    kind: 'table',
    title: 'A step of the loop, on average over a run',
    head: ['steps', 'folds/s', 'fold µs', 'record', 'encode µs', 'decode µs'],
    rows: [
      [
        String(loop.stepsPerRun),
        show(loop.foldsPerSecond),
        show(loop.foldMicros),
        showBytes(loop.recordBytes),
        show(loop.encodeMicros),
        show(loop.decodeMicros),
      ],
    ],
  }
}

function table(contexts: readonly StepCost[]): Block {
  return {
    kind: 'table',
    title: 'By size of context: folding in memory, folding what was just read, writing, reading',
    head: ['context', 'record', 'fold µs', 'stored µs', 'encode µs', 'decode µs'],
    rows: contexts.map((cost) => [
      showBytes(cost.contextBytes),
      showBytes(cost.recordBytes),
      show(cost.foldMicros),
      show(cost.foldStoredMicros),
      show(cost.encodeMicros),
      show(cost.decodeMicros),
    ]),
  }
}
