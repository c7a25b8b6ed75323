import type { Envelope, Sender } from '../contracts/envelope.ts'
import type { NeutralEvent } from '../contracts/event.ts'

/** One input of an agent. `mailSeq` is 0 for the completion of a local effect. */
export interface ActorInput {
  event: NeutralEvent
  messageId: string
  from: Sender
  mailSeq: number
  trace?: Envelope['trace']
  /** Called once when the input is finished in the sense of I4. */
  finished: () => void
}
