import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { Tool, ToolScope } from '../../src/contracts/tool.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { Completion } from '../../src/actors/performer.ts'
import { createPerformer } from '../../src/actors/performer.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { toolCallMachine } from '../../src/machines/tool-call.ts'
import type { Breaker } from '../../src/tools/breaker.ts'
import { createBreaker } from '../../src/tools/breaker.ts'
import type { EffectLedger } from '../../src/tools/ledger.ts'
import { keyValueLedger } from '../../src/tools/ledger.ts'
import { prepareToolCall } from '../../src/tools/prepare.ts'

const definition = defineAgent({ machine: toolCallMachine })
let desks = 0
export const callId = 'desk/case-1:4:2'

/** What outlives a crash of the process that executes tools. */
export function createLedger(): EffectLedger {
  const clock = virtualClock(0)
  const broker = createLocalBroker({ clock })
  return keyValueLedger(broker.connect('test').keyValue, clock)
}

export interface Desk {
  clock: VirtualClock
  breaker: Breaker
  ledger: EffectLedger
  call(tool: object, input?: unknown, signal?: AbortSignal): Promise<Completion>
}

/** One process that executes tools, under a clock of its own. */
export function openDesk(ledger: EffectLedger = createLedger()): Desk {
  const clock = virtualClock(0)
  const breaker = createBreaker(clock, { failures: 2, restMs: 1_000 })
  const ports = {
    ledger,
    breaker,
    clock,
    random: seededRandom(1),
    ids: countingIds(`desk-${++desks}`),
  }
  return {
    clock,
    breaker,
    ledger,
    call(tool, input = { seats: 1 }, signal = new AbortController().signal) {
      const { name } = tool as Tool
      const performer = createPerformer({
        kind: 'tool',
        name,
        concurrency: 1,
        ackWaitMs: 1_000,
        definition,
        clock,
        prepare: (call) => prepareToolCall(tool as Tool<never>, call, ports),
      })
      const agent = { type: 'desk', id: 'case-1' }
      return performer.perform({ id: callId, agent, input, offered: [], budgets: [] }, signal)
    },
  }
}

/** A function that notes how it was called and answers with the next of the given answers. */
export function scripted<Answer>(answers: (Answer | Error | Promise<Answer>)[]): {
  scopes: ToolScope[]
  run: (input: unknown, scope: ToolScope) => Promise<Answer>
} {
  const scopes: ToolScope[] = []
  return {
    scopes,
    run(_input, scope) {
      const answer = answers[scopes.length]
      scopes.push(scope)
      if (answer === undefined) return Promise.reject(new Error('asked once too often'))
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
  }
}
