import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'

/** Which call of which agent. */
export interface CallName {
  readonly agent: string
  readonly childId: string
  /** Name in the contract; of a promise its source. */
  readonly target: string
}

/** How an execution ends, as a trace tells it. */
export type Ending =
  | { readonly kind: 'answers'; readonly output?: unknown }
  /** It says so and did nothing, unless `tookEffect`. */
  | {
      readonly kind: 'fails'
      readonly message: string
      readonly isTerminal: boolean
      readonly tookEffect: boolean
    }
  /** No answer in time. */
  | { readonly kind: 'hangs'; readonly tookEffect: boolean }

/** One step of a composition: the vocabulary of traces. JSON. */
export type Move =
  /** An outsider sends an event, which the agent takes at once; `twice`: a copy is under way. */
  | { do: 'send'; by: string; to: string; event: AgentEvent; twice: boolean }
  /** An agent takes a message of another agent, or the copy of an event of an outsider. */
  | { do: 'take'; agent: string; from: string; event: NeutralEvent }
  | { do: 'timer'; agent: string; timer: string }
  /** The model, or whoever decides, chooses; the agent takes the choice. */
  | ({ do: 'decide'; option: AgentEvent } & CallName)
  | ({ do: 'abstain'; error: Record<string, unknown> } & CallName)
  /** A call is executed; its answer is under way or, `isTaken`, the agent has taken it. */
  | ({ do: 'execute'; attempt: number; ending: Ending; isTaken: boolean } & CallName)
  /** A call is refused before it reaches anybody: its queue is full. */
  | ({ do: 'refuse'; isTaken: boolean } & CallName)
  /** A step of the statechart of a call: a timer (backoff, timeout), the ledger, reconciliation. */
  | ({ do: 'call'; step: string } & CallName)
  /** The agent takes the answer of a call. */
  | ({ do: 'answer' } & CallName)
  | ({ do: 'crash'; where: string; ending?: Ending } & CallName)
  | ({ do: 'redeliver' } & CallName)
  /** An execution that was given up takes effect. */
  | ({ do: 'late' } & CallName)

/** One line for people. */
export function describeMove(move: Move): string {
  switch (move.do) {
    case 'send':
      return `${move.by} sends ${brief(move.event)} to ${move.to}${move.twice ? ', twice' : ''}`
    case 'take':
      return `${move.agent} takes ${eventText(move.event)} from ${move.from}`
    case 'timer':
      return `timer ${move.timer} of ${move.agent} fires`
    case 'decide':
      return `${move.target} of ${move.agent} is decided: ${brief(move.option)}`
    case 'abstain':
      return `${move.target} of ${move.agent} is not decided: ${brief(move.error)}`
    case 'execute':
      return `${move.target} of ${move.agent}, attempt ${move.attempt}, ${endingText(move.ending)}`
    case 'refuse':
      return `${move.target} of ${move.agent} is refused before it begins`
    case 'call':
      return `${move.target} of ${move.agent}: ${move.step}`
    case 'answer':
      return `${move.agent} takes the answer of ${move.target}`
    case 'crash': {
      const ending = move.ending ? ` (it ${endingText(move.ending)})` : ''
      return `crash: ${move.target} of ${move.agent}, ${move.where}${ending}`
    }
    case 'redeliver':
      return `${move.target} of ${move.agent} is delivered once more`
    case 'late':
      return `${move.target} of ${move.agent} takes effect after it was given up`
  }
}

function endingText(ending: Ending): string {
  switch (ending.kind) {
    case 'answers':
      return `answers ${brief(ending.output)}`
    case 'fails':
      return `${ending.tookEffect ? 'takes effect and ' : ''}fails: ${ending.message}`
    case 'hangs':
      return `${ending.tookEffect ? 'takes effect and ' : ''}does not answer in time`
  }
}

function eventText(event: NeutralEvent): string {
  return event.kind === 'event' ? brief(event.event) : event.kind
}

const longest = 160

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
