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
  let turn = 0
  for (;;) {
    const view = (await desk.waitFor(
      (seen) => isDue(seen as View, turn, answered),
      options,
    )) as View
    const { context } = view
    if (view.status !== 'active') return view
    if (view.value === 'confirming') {
      answered = context.confirmation!.number
      // The recorded customer agreed, or not, before the model acted: that is the answer here.
      const text = recording.beforeMove[context.moves - 1] ?? ''
      await desk.send({ type: 'ANSWER', text, number: answered })
      continue
    }
    const line = nextLine(recording, context)
    turn = context.turn + 1
    if (line === null) {
      await desk.send({ type: 'LEAVE' })
      turn = -1
      continue
    }
    await desk.send({ type: 'CUSTOMER', text: line, turn })
  }
}

/** True when it is the customer's turn, or all is over. */
function isDue(view: View, turn: number, answered: number): boolean {
  if (view.status !== 'active') return true
  if (view.value === 'confirming') return view.context.confirmation?.number !== answered
  return view.value === 'listening' && turn >= 0 && view.context.turn === turn
}

/** What the customer says next; null: nothing more, the customer leaves. */
function nextLine(recording: Recording, context: DeskContext): string | null {
  const { moves } = context
  const said = moves === 0 ? recording.opening : recording.afterMove[moves - 1]
  if (said === null || said === undefined) return null
  const { leaves, text } = readEnding(said)
  return leaves ? null : text
}
