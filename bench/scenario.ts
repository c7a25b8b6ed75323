import type { BenchOptions } from './options.ts'
import type { Block } from './report/block.ts'
import type { Durability } from './measure/bench-cell.ts'

/** One bare-broker figure; `broker` sums them up. */
export interface Baseline {
  durability: Durability
  concurrency: number
  publishesPerSecond: number
}

/** What a scenario gets. */
export interface ScenarioContext {
  readonly options: BenchOptions
  /** Every bare-broker figure of this run, from all scenarios. */
  readonly baselines: Baseline[]
  progress(line: string): void
}

export interface ScenarioResult {
  /** The member of the JSON report under the scenario's name. */
  json: unknown
  /** For people. */
  blocks: Block[]
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** @throws Error when a run does not finish or gives a wrong result */
  run(context: ScenarioContext): Promise<ScenarioResult>
}
