/** The public door for tests: deterministic twins of everything outside, and contract tests. */
export type { Clock, VirtualClock } from './contracts/clock.ts'
export { virtualClock } from './contracts/clock.ts'
export type { Random } from './contracts/random.ts'
export { seededRandom } from './contracts/random.ts'
export type { Ids } from './contracts/ids.ts'
export { countingIds } from './contracts/ids.ts'
export type { LocalBroker, LocalBus } from './bus/local-broker.ts'
export { createLocalBroker } from './bus/local-broker.ts'
export type { Runtime, RuntimePorts } from './cli/runtime.ts'
export { createRuntime } from './cli/runtime.ts'
export type { InMemoryOptions, InMemoryRun, SourceHandler } from './actors/in-memory.ts'
export { runInMemory } from './actors/in-memory.ts'
export type { DefineTest } from './cli/contract-tests.ts'
export { testDecision, testTool } from './cli/contract-tests.ts'
export type { OutsideSystem, ToolTestOptions } from './proof/tool-under-test.ts'
export type { DecisionTestOptions } from './proof/decision-under-test.ts'
export type { ExampleOptions } from './proof/examples.ts'
export { examplesOf, NoExampleError } from './proof/examples.ts'
export type { NearMiss } from './proof/near-misses.ts'
export { nearMisses } from './proof/near-misses.ts'
export type { MachineTestOptions, PathPlace } from './cli/machine-tests.ts'
export { testMachine } from './cli/machine-tests.ts'
export type { Coverage, Covered, CoverageKind } from './proof/path-coverage.ts'
export type { Move } from './proof/path-move.ts'
export type {
  Examples,
  ExampleState,
  PathBounds,
  PathOptions,
  Suite,
} from './proof/path-options.ts'
export type { MachinePath, MachinePaths, PathStep } from './proof/paths.ts'
export { coverageOf, pathsOf } from './proof/paths.ts'
