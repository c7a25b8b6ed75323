/** The public door for proofs: the pure step that runs in production, and what it works on. */
export type { StepContext } from './actors/decode.ts'
export type { StepResult } from './actors/step.ts'
export { step } from './actors/step.ts'
export type { AgentDefinition } from './actors/definition.ts'
export { defineAgent } from './actors/definition.ts'
export type { Effect } from './contracts/effect.ts'
export type { NeutralEvent } from './contracts/event.ts'
export type { StoredState } from './contracts/state.ts'
export type { JournalRecord } from './contracts/record.ts'
export { decodeRecord } from './contracts/record.ts'
export type { Monitor, Property, View } from './proof/properties.ts'
export {
  agentInvariant,
  atMost,
  broken,
  everyExpectedEventIsTaken,
  everyStateIsReached,
  invariant,
  keysAreHonoured,
  monitor,
  neverAfter,
  neverBefore,
  noAgentFails,
  noUnhandledEvent,
  onceAtMostOnce,
  settles,
} from './proof/properties.ts'
export type {
  Abstraction,
  Bounds,
  CallModel,
  DecisionModel,
  DefinedWorld,
  Execution,
  ExecutionInput,
  OutsideEvent,
  Outsider,
  StartedAgent,
  ToolModel,
  World,
} from './proof/world.ts'
export { defineWorld } from './proof/world.ts'
export type { AbstractionBreach, AbstractionCheckOptions } from './proof/abstraction-check.ts'
export { checkAbstractions } from './proof/abstraction-check.ts'
export { approvalAbstraction } from './proof/approval-abstraction.ts'
export type { Executed, Occurrence, Stepped } from './proof/occurrence.ts'
export type { MachineSight, ProofResult, ProveOptions, Progress, Violation } from './proof/prove.ts'
export { prove } from './proof/prove.ts'
export type { Move } from './proof/move.ts'
export { describeMove } from './proof/move.ts'
export { restoreSearch, saveSearch } from './proof/checkpoint.ts'
export { Search } from './proof/search.ts'
export type { InstanceProblem, ProblemKind } from './proof/instance-problem.ts'
export { judgeInstance } from './proof/stranded.ts'
export type { Trace } from './proof/trace.ts'
export { decodeTrace } from './proof/trace.ts'
export type { AgentAt, PlayedMove, TracePlay } from './proof/trace-play.ts'
export { playOnModel } from './proof/trace-model.ts'
export type { PlayOptions } from './cli/play-trace.ts'
export { playOnRuntime } from './cli/play-trace.ts'
export type { Mutant, Mutation } from './proof/mutants.ts'
export { mutantsOf } from './proof/mutants.ts'
export type {
  MutantSearch,
  MutantVerdict,
  MutationCheckOptions,
  MutationResult,
  MutationScore,
  ProverKill,
  TestKill,
} from './proof/mutation-check.ts'
export { checkMutants, worldWith } from './proof/mutation-check.ts'
export type { MachineMutations, MutationPlan } from './proof/mutation-plan.ts'
export { defineMutations } from './proof/mutation-plan.ts'
