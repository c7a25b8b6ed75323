import { defineChat } from 'ashlar'
import { deskAgent } from './desk.ts'

/** How a person talks to the desk: every conversation works on a branch of its own. */
export default defineChat({
  agent: deskAgent,
  greeting: 'This is the airline desk. Who are you, and what can I do for you?',
  input: (id) => ({ branch: id, recording: null }),
  says: (event) =>
    event.type === 'REPLY' || event.type === 'CONFIRM' ? String(event['text']) : undefined,
  listens: ({ value }) => value === 'listening' || value === 'confirming',
  hears: (text, { value, context }) =>
    value === 'confirming'
      ? { type: 'ANSWER', text, number: context.confirmation!.number }
      : { type: 'CUSTOMER', text, turn: context.turn + 1 },
  leaves: { type: 'LEAVE' },
})
