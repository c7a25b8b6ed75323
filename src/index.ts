/** The public door for authoring and hosting. Kept explicit and small; a test snapshots it. */
export type { AgentDefinition, AgentOptions } from './actors/definition.ts'
export { defineAgent } from './actors/definition.ts'
export { RegistrationError } from './actors/checks.ts'
export type { Problem } from './actors/problem.ts'
export { decisionActor, memoryActor, toolActor } from './actors/source.ts'
export { agentAt } from './actors/agent-at.ts'
export { budgetExhausted } from './actors/budget-exhausted.ts'
export { inDoubt } from './actors/in-doubt.ts'
export type { SagaArgs, SagaCompensation, SagaOptions, SagaStep } from './actors/saga.ts'
export { defineSaga } from './actors/saga.ts'
export type { SagaOutput } from './actors/saga-output.ts'
export type { ApprovalNotice, ApprovalOptions } from './machines/approval.ts'
export { defineApproval } from './machines/approval.ts'
export type {
  ApprovalContext,
  ApprovalEntry,
  ApprovalEvent,
  ApprovalInput,
  ApprovalOutput,
} from './contracts/approval.ts'
export { approvalEvents, isApprovalOf } from './contracts/approval.ts'
export type { Service, ServiceEnv, ServiceParts } from './actors/service.ts'
export { defineService } from './actors/service.ts'
export type { Chat, ChatOptions } from './actors/chat.ts'
export { defineChat } from './actors/chat.ts'
export type { AgentRef, AgentView, Client, StartOptions, WaitOptions } from './actors/client.ts'
export type { Host } from './actors/host.ts'
export type { Logger } from './actors/logger.ts'

export type { AnyTool, Tool, ToolContract, ToolFailure, ToolScope } from './contracts/tool.ts'
export type { ToolDeclaration } from './tools/define-tool.ts'
export { declareTool, defineTool } from './tools/define-tool.ts'

export type {
  Answer,
  AnyDecision,
  Decider,
  Decision,
  DecisionContract,
  Question,
  TextPiece,
} from './contracts/decision.ts'
export type { DecisionDeclaration } from './decision/define-decision.ts'
export { declareDecision, defineDecision } from './decision/define-decision.ts'
export type { RecordedPlace } from './decision/deciders.ts'
export { recorded, rules } from './decision/deciders.ts'
export { chain, sure } from './decision/chain.ts'
export type { OpenAISettings } from './decision/openai.ts'
export { openai } from './decision/openai.ts'
export type { Price } from './decision/price.ts'
export type { AssembledPrompt, PromptBounds, PromptPart } from './decision/prompt-parts.ts'
export { assemblePrompt, estimateTokens } from './decision/prompt-parts.ts'
export type { BudgetCaps, Cost } from './contracts/budget.ts'

export type { Fact, RecalledFact } from './contracts/memory.ts'
export { forget, recall, remember } from './memory/operations.ts'

export type { Address } from './contracts/address.ts'
export { formatAddress, parseAddress } from './contracts/address.ts'
export type { AgentEvent } from './contracts/event.ts'
export type { JournalRecord } from './contracts/record.ts'
export type { Disposition, ErrorValue } from './contracts/error.ts'
export { AshlarError, InputError, LimitError, UnavailableError } from './contracts/error.ts'
export type { Layer, Verdict } from './contracts/verdict.ts'
export { verdict } from './contracts/verdict.ts'
export type { Verdicts } from './inspect/verdicts.ts'
export { hashJson } from './contracts/json.ts'
export { describeEvent } from './contracts/event.ts'
export { describeValue } from './contracts/state.ts'
export type { KeyEntry, KeyValue, Written } from './bus/key-value.ts'

export type { ConnectOptions, Runtime, RuntimePorts } from './cli/runtime.ts'
export { connect } from './cli/runtime.ts'
export type { Launched, LaunchOptions } from './cli/launch.ts'
export { launch } from './cli/launch.ts'
export type { ProcessEvent } from './cli/processes.ts'
export type { ProcessSpec, RestartIntensity, Settings } from './cli/settings.ts'
