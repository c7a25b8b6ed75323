import type { AgentDefinition } from '../actors/definition.ts'
import { defineAgent } from '../actors/definition.ts'
import type { Performer } from '../actors/performer.ts'
import { createPerformer } from '../actors/performer.ts'
import type { ServiceParts } from '../actors/service.ts'
import type { KeyValue } from '../bus/key-value.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDecision } from '../contracts/decision.ts'
import type { Ids } from '../contracts/ids.ts'
import type { Random } from '../contracts/random.ts'
import type { AnyTool } from '../contracts/tool.ts'
import { Accounts } from '../decision/budget.ts'
import type { DecisionPorts } from '../decision/prepare.ts'
import { prepareDecision } from '../decision/prepare.ts'
import { decisionMachine } from '../machines/decision.ts'
import { memoryOperationMachine } from '../machines/memory-operation.ts'
import { toolCallMachine } from '../machines/tool-call.ts'
import { Memory } from '../memory/memory.ts'
import { memoryOperations } from '../memory/operations.ts'
import { prepareMemoryOperation } from '../memory/prepare.ts'
import { createBreaker } from '../tools/breaker.ts'
import { keyValueLedger } from '../tools/ledger.ts'
import { prepareToolCall } from '../tools/prepare.ts'

const toolCall: AgentDefinition = defineAgent({ machine: toolCallMachine })
const decisionRun: AgentDefinition = defineAgent({ machine: decisionMachine })
const memoryRun: AgentDefinition = defineAgent({ machine: memoryOperationMachine })

/** Silence after which a call is handed to another process: well above any single store access. */
const ackWaitMs = 2_000
const decisionsAtOnce = 64
const memoryAtOnce = 256

export interface PerformerPorts {
  keyValue: KeyValue
  clock: Clock
  random: Random
  ids: Ids
  onDecided?: DecisionPorts['onDecided']
  onText?: DecisionPorts['onText']
}

/** Pairs tools, decisions and memory operations with their statecharts. */
export function createPerformers(
  parts: ServiceParts,
  ports: PerformerPorts,
): { serves: Performer[]; inline: Performer[] } {
  const { tools = [], decisions = [], inline = {}, memoryKinds } = parts
  const { keyValue, clock } = ports
  const kinds = memoryKinds ? { kinds: memoryKinds } : {}
  const accounts = new Accounts(ports)
  const memory = new Memory({ keyValue, clock, ...kinds })
  return {
    serves: [
      ...tools.map((tool) => toolPerformer(tool, ports)),
      ...decisions.map((decision) => decisionPerformer(decision, ports, accounts)),
    ],
    inline: [
      ...(inline.tools ?? []).map((tool) => toolPerformer(tool, ports)),
      ...(inline.decisions ?? []).map((decision) => decisionPerformer(decision, ports, accounts)),
      ...memoryOperations.map((operation) =>
        createPerformer({
          kind: 'memory',
          name: operation.name,
          concurrency: memoryAtOnce,
          ackWaitMs,
          definition: memoryRun,
          clock,
          prepare: (call) => prepareMemoryOperation(memory, operation, call),
        }),
      ),
    ],
  }
}

function toolPerformer(tool: AnyTool, ports: PerformerPorts): Performer {
  const { keyValue, clock, random, ids } = ports
  const toolPorts = {
    ledger: keyValueLedger(keyValue, clock),
    clock,
    ids,
    random,
    breaker: createBreaker(clock),
  }
  return createPerformer({
    kind: 'tool',
    name: tool.name,
    concurrency: tool.concurrency,
    ackWaitMs,
    definition: toolCall,
    clock,
    prepare: (call) => prepareToolCall(tool, call, toolPorts),
  })
}

function decisionPerformer(
  decision: AnyDecision,
  ports: PerformerPorts,
  accounts: Accounts,
): Performer {
  const { clock, random, onDecided, onText } = ports
  const decisionPorts = {
    clock,
    random,
    budgetOf: (budgets: readonly BudgetAccount[]) => accounts.budgetOf(budgets),
    ...(onDecided ? { onDecided } : {}),
    ...(onText ? { onText } : {}),
  }
  return createPerformer({
    kind: 'decision',
    name: decision.name,
    concurrency: decisionsAtOnce,
    ackWaitMs,
    definition: decisionRun,
    clock,
    prepare: (call) => prepareDecision(decision, call, decisionPorts),
  })
}
