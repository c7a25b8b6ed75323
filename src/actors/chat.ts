import type { AnyStateMachine, ContextFrom, EventFromLogic, InputFrom, OutputFrom } from 'xstate'
import type { AgentEvent } from '../contracts/event.ts'
import type { AgentDefinition } from './definition.ts'
import type { AgentView } from './view.ts'

type ViewOf<M extends AnyStateMachine> = AgentView<ContextFrom<M>, OutputFrom<M>>

export interface ChatOptions<
  M extends AnyStateMachine = AnyStateMachine,
  Heard extends EventFromLogic<M> = EventFromLogic<M>,
> {
  /** The agent that a person talks to. */
  agent: AgentDefinition<M>
  /** Start input of a new conversation, whose agent has this id. */
  input(id: string): InputFrom<M>
  /** What an event that the agent emits says to the person; undefined: nothing. */
  says(event: AgentEvent): string | undefined
  /** True while the agent waits for words of the person; what is typed before waits for that. */
  listens(view: ViewOf<M>): boolean
  /** The event for a line that the person typed; asked only while the agent listens. */
  hears(text: string, view: ViewOf<M>): Heard
  /** The event with which the person ends the conversation (`/end`). Default: there is none. */
  leaves?: EventFromLogic<M>
  /** Shown at the start of a new conversation, for an agent that speaks only when spoken to. */
  greeting?: string
}

/** How a person talks to an agent in a terminal; the default export of a module for `ashlar chat`. */
export interface Chat<M extends AnyStateMachine = AnyStateMachine> extends Readonly<
  ChatOptions<M>
> {
  readonly kind: 'chat'
}

/**
 * Says how a person talks to an agent in a terminal (`ashlar chat`). The functions are to be pure:
 * a conversation that goes on reads the journal with them again. What they throw ends the chat, and
 * the agent does not hear of it.
 */
export function defineChat<
  M extends AnyStateMachine,
  // Without a parameter of its own the `type` of a returned event would be taken for any text.
  const Heard extends EventFromLogic<M>,
>(options: ChatOptions<M, Heard>): Chat<M> {
  return { kind: 'chat', ...options }
}
