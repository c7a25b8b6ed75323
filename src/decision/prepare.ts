import type { Clock } from '../contracts/clock.ts'
import type { AnyDecision, DecisionOutcome } from '../contracts/decision.ts'
import { firstIssue } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { Random } from '../contracts/random.ts'
import { hashJson } from '../contracts/json.ts'

/** A budget that is asked before every call of a decider (DESIGN §7). */
export interface Budget {
  /** True when nothing is ever refused, so that nobody needs to ask. */
  readonly isUnlimited?: true
  reserve(decider: string): Promise<{ granted: true } | { granted: false; reason: string }>
}

/** Grants everything: for deciders that cost nothing. */
export const unlimitedBudget: Budget = {
  isUnlimited: true,
  reserve: async () => ({ granted: true }),
}

export interface DecisionPorts {
  clock: Clock
  random: Random
  budget: Budget
  /** Called with what was chosen, by whom and at what cost. */
  onDecided?: (outcome: DecisionOutcome) => void
}

/** Sets one decision up for the decision statechart: its input and what runs behind its sources. */
export function prepareDecision(
  decision: AnyDecision,
  call: { input: unknown; offered: readonly string[] },
  ports: DecisionPorts,
): {
  input: () => object
  handlers: Record<string, (input: never, signal: AbortSignal) => unknown>
  conclude: (outcome: DecisionOutcome) => { output: unknown } | { error: ErrorValue }
} {
  const { name, deciders, repairs, retries, retryMaxMs, timeoutMs } = decision
  let checkedInput: unknown
  return {
    input() {
      const { checkedInput: checked, ...assembled } = assemble(decision, call)
      checkedInput = checked
      return {
        assembled,
        metered: ports.budget.isUnlimited !== true,
        offered: [...call.offered],
        deciders: deciders.map((decider) => decider.name),
        repairs,
        retries,
        retryMaxMs,
        timeoutMs,
      }
    },
    handlers: {
      reserve: ({ decider }: { decider: string }) => ports.budget.reserve(decider),
      async ask(
        question: { decider: string; prompt: string; complaints: string[]; outages: number },
        signal: AbortSignal,
      ) {
        const decider = deciders.find((one) => one.name === question.decider)!
        const { prompt, complaints, outages } = question
        const begunMs = ports.clock.now()
        const answer = await decider.decide({
          decision: name,
          input: checkedInput,
          options: decision.options,
          offered: call.offered,
          prompt,
          complaints,
          signal,
        })
        const latencyMs = ports.clock.now() - begunMs
        if (answer.kind === 'unavailable') {
          const waitMs = Math.max(answer.retryAfterMs ?? 0, backoffMs(outages, ports.random))
          return { answer, latencyMs, waitMs }
        }
        if (answer.kind !== 'chosen') return { answer, latencyMs }
        return { answer, latencyMs, check: checkOption(decision, answer.option, call.offered) }
      },
    },
    conclude(outcome) {
      ports.onDecided?.(outcome)
      if (outcome.kind === 'decided') return { output: outcome.option }
      return {
        error: {
          name: 'DecisionFailure',
          kind: 'abstained',
          decision: name,
          message: `nobody decided ${name}: ${outcome.reasons.join('; ')}`,
        },
      }
    },
  }
}

const firstBackoffMs = 500
const backoffMaxMs = 8_000

/**
 * Doubles from half a second to eight, less up to half by chance ("equal jitter", Marc Brooker,
 * Exponential Backoff and Jitter, 2015), so that a thousand decisions that met the same limit do
 * not all come back at once.
 */
function backoffMs(outages: number, random: Random): number {
  const longest = Math.min(backoffMaxMs, firstBackoffMs * 2 ** outages)
  return Math.round(longest * (1 - random.next() / 2))
}

/** The prompt, or why there is none: the input breaks its schema, or the prompt function throws. */
function assemble(
  decision: AnyDecision,
  { input, offered }: { input: unknown; offered: readonly string[] },
): { checkedInput?: unknown; problem?: string; prompt?: string; promptHash?: string } {
  try {
    const parsed = decision.input.safeParse(input)
    if (!parsed.success) {
      const problem = firstIssue(parsed.error)
      return { problem: `the input of ${decision.name} breaks its schema: ${problem}` }
    }
    const checkedInput: unknown = parsed.data
    const prompt = decision.prompt(checkedInput, offered)
    return { prompt, promptHash: hashJson(prompt).slice(0, 16), checkedInput }
  } catch (thrown) {
    return { problem: toErrorValue(thrown).message }
  }
}

/** An answer counts when it fits the options' schema and was offered. */
export function checkOption(
  decision: Pick<AnyDecision, 'options'>,
  option: unknown,
  offered: readonly string[],
): { valid: true; option: AgentEvent } | { valid: false; complaint: string } {
  const parsed = decision.options.safeParse(option)
  if (!parsed.success) {
    return { valid: false, complaint: `the choice breaks its schema: ${firstIssue(parsed.error)}` }
  }
  const chosen = parsed.data as AgentEvent
  if (offered.includes(chosen.type)) return { valid: true, option: chosen }
  const complaint = `${chosen.type} is not offered now; choose one of ${offered.join(', ')}`
  return { valid: false, complaint }
}
