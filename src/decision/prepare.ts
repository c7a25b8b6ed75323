import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { BudgetAccount, Cost } from '../contracts/budget.ts'
import type { Clock } from '../contracts/clock.ts'
import type {
  Answer,
  AnyDecision,
  Asked,
  Check,
  Decided,
  Decider,
  DecisionOutcome,
  Provenance,
  Question,
  Reservation,
  TextPiece,
} from '../contracts/decision.ts'
import { firstIssue } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { Random } from '../contracts/random.ts'
import { hashJson } from '../contracts/json.ts'
import type { Budget } from './budget.ts'

export interface DecisionPorts {
  clock: Clock
  random: Random
  /** The budget of a call that counts against these accounts. */
  budgetOf(accounts: readonly BudgetAccount[]): Budget
  /** Called with what was asked, what was chosen, by whom and at what cost. */
  onDecided?: (decided: Decided) => void
  /** Called with pieces of a text while it is produced. */
  onText?: (agent: Address, piece: TextPiece) => void
}

/** A decision that is asked for. */
interface DecisionCall {
  id: string
  agent: Address
  input: unknown
  offered: readonly string[]
  budgets: readonly BudgetAccount[]
}

/** Sets one decision up for the decision statechart: its input and what runs behind its sources. */
export function prepareDecision(
  decision: AnyDecision,
  call: DecisionCall,
  ports: DecisionPorts,
): {
  input: () => object
  handlers: Record<string, (input: never, signal: AbortSignal) => unknown>
  conclude: (
    outcome: DecisionOutcome,
  ) => { output: unknown; provenance: Provenance } | { error: ErrorValue }
} {
  const { name, deciders, repairs, retries, retryMaxMs, timeoutMs } = decision
  const asking = new Asking(decision, call, ports)
  return {
    input() {
      const { checkedInput, ...assembled } = assemble(decision, call)
      asking.input = checkedInput
      return {
        assembled,
        metered: asking.isMetered,
        offered: [...call.offered],
        deciders: deciders.map((decider) => decider.name),
        repairs,
        retries,
        retryMaxMs,
        timeoutMs,
      }
    },
    handlers: {
      reserve: (put: Put) => asking.reserve(put),
      ask: (put: Put & { outages: number }, signal: AbortSignal) => asking.ask(put, signal),
    },
    conclude(outcome) {
      const { input, offered } = call
      ports.onDecided?.({
        decision: name,
        agent: formatAddress(call.agent),
        input,
        offered,
        outcome,
      })
      if (outcome.kind === 'decided') {
        return { output: outcome.option, provenance: outcome.provenance }
      }
      return {
        error: {
          name: 'DecisionFailure',
          kind: 'abstained',
          decision: name,
          message: `nobody decided ${name}: ${outcome.reasons.join('; ')}`,
          ...(outcome.isExhausted ? { isExhausted: true } : {}),
        },
      }
    },
  }
}

/** A question as the statechart puts it. */
interface Put {
  decider: string
  prompt: string
  complaints: string[]
}

/** What the statechart of one decision asks of the world. */
class Asking {
  /** Set when it has been checked. */
  input: unknown
  private readonly decision: AnyDecision
  private readonly call: DecisionCall
  private attempts = 0
  private readonly ports: DecisionPorts
  private readonly budget: Budget
  /** What was set aside for the question that is put next. */
  private reserved: Cost | undefined

  constructor(decision: AnyDecision, call: DecisionCall, ports: DecisionPorts) {
    this.decision = decision
    this.call = call
    this.ports = ports
    this.budget = ports.budgetOf(call.budgets)
  }

  /** False when none of the deciders would have to reserve anything. */
  get isMetered(): boolean {
    return !this.budget.isUnlimited && this.decision.deciders.some(({ estimate }) => estimate)
  }

  async reserve(put: Put): Promise<Reservation> {
    this.reserved = this.decider(put).estimate?.(this.question(put))
    return this.reserved ? this.budget.reserve(this.reserved) : { granted: true }
  }

  async ask(put: Put & { outages: number }, signal: AbortSignal): Promise<Asked> {
    const { clock, random } = this.ports
    const begunMs = clock.now()
    const question = { ...this.question(put), signal, ...this.stream() }
    const answer = await this.decider(put).decide(question)
    await this.settle(answer)
    const latencyMs = clock.now() - begunMs
    if (answer.kind === 'unavailable') {
      const waitMs = Math.max(answer.retryAfterMs ?? 0, backoffMs(put.outages, random))
      return { answer, latencyMs, waitMs }
    }
    if (answer.kind !== 'chosen') return { answer, latencyMs }
    return {
      answer,
      latencyMs,
      check: checkOption(this.decision, answer.option, this.call.offered),
    }
  }

  /** A question that is left or fails has cost nobody knows what: what was set aside stays spent. */
  private async settle({ cost }: Answer): Promise<void> {
    const { reserved } = this
    this.reserved = undefined
    if (!reserved || !cost) return
    // To give nothing back keeps the caps; the answer must not be lost for it.
    await this.budget.settle(reserved, cost).catch(() => undefined)
  }

  private stream(): Pick<Question, 'stream'> {
    const { onText } = this.ports
    const { streams: member, name: decision } = this.decision
    const attempt = ++this.attempts
    if (!onText || member === undefined) return {}
    const { id, agent } = this.call
    let index = 0
    const tell = (text: string): void =>
      onText(agent, { decision, call: id, attempt, index: index++, text })
    return { stream: { member, tell } }
  }

  private decider({ decider }: Put): Decider {
    return this.decision.deciders.find(({ name }) => name === decider)!
  }

  private question({ prompt, complaints }: Put): Omit<Question, 'signal'> {
    const { decision, input, call } = this
    const { offered } = call
    const { name, options } = decision
    return { decision: name, input, options, offered, prompt, complaints }
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
): Check {
  const parsed = decision.options.safeParse(option)
  if (!parsed.success) {
    return { valid: false, complaint: `the choice breaks its schema: ${firstIssue(parsed.error)}` }
  }
  const chosen = parsed.data as AgentEvent
  if (offered.includes(chosen.type)) return { valid: true, option: chosen }
  const complaint = `${chosen.type} is not offered now; choose one of ${offered.join(', ')}`
  return { valid: false, complaint }
}
