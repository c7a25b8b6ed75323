import type { AgentRef, AgentView } from 'ashlar'
import type { DeskContext } from './desk-context.ts'
import type { DeskOutput } from './desk-machine.ts'
import type { deskMachine } from './desk-machine.ts'
import type { Recording } from './recording.ts'
import { readEnding } from './recording.ts'

export type DeskRef = AgentRef<typeof deskMachine>
type View = AgentView<DeskContext, DeskOutput>

/**
 * A customer who says what the recorded one said. It keeps nothing that matters: what to say next
 * follows from the desk's own state, so it may be restarted at any time.
 */
export async function playCustomer(
  desk: DeskRef,
  recording: Recording,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<View> {
  let answered = -1
  let said = 0
  for (;;) {
    const view = (await desk.waitFor(
      (seen) => isDue(seen as View, said, answered),
      options,
    )) as View
    const { context } = view
    if (view.status !== 'active') return view
    if (view.value === 'confirming') {
      answered = context.confirmation!.number
      // The recorded customer agreed, or not, before the model acted: that is the answer here.
      const text = recording.beforeMove[context.moves - 1] ?? ''
      await desk.send({ type: 'ANSWER', text, number: answered }, { id: `answer-${answered}` })
      continue
    }
    const line = nextLine(recording, context)
    said = context.turn + 1
    // Who says it again after an interruption says it under the same id, and is heard once.
    const id = `turn-${said}`
    if (line === null) await desk.send({ type: 'LEAVE' }, { id })
    else await desk.send({ type: 'CUSTOMER', text: line, turn: said }, { id })
  }
}

/** True when it is the customer's turn, and what to say was not said before, or all is over. */
function isDue(view: View, said: number, answered: number): boolean {
  if (view.status !== 'active') return true
  if (view.value === 'confirming') return view.context.confirmation?.number !== answered
  return view.value === 'listening' && said !== view.context.turn + 1
}

/** What the customer says next; null: nothing more, the customer leaves. */
function nextLine(recording: Recording, context: DeskContext): string | null {
  const { moves } = context
  const said = moves === 0 ? recording.opening : recording.afterMove[moves - 1]
  if (said === null || said === undefined) return null
  const { leaves, text } = readEnding(said)
  return leaves ? null : text
}
