import { assemblePrompt } from 'ashlar'
import type { Line, NextMoveInput } from './contracts.ts'
import { NOW } from './domain/clock.ts'

const task = `You serve customers of an airline at its desk. It is ${NOW} EST. Choose exactly one move.
Say nothing that neither the customer nor a tool has told you, give no opinions, and do one thing at
a time: either you speak or you call.`

/**
 * What a model should know of the policy, so that it proposes what can be done. It is advice: the
 * desk's statechart checks every proposal, whatever the model makes of this.
 */
const policy = `Know the customer's user id, and the reservation that it is about, before you propose anything.
A proposal is put to the customer by the desk itself, with every detail; you need not ask for a yes.
Booking: at most five passengers, all on the same flights in one cabin; ask about travel insurance
($30 each); pay with at most one certificate, one credit card and three gift cards, all in the profile.
Free bags for each passenger in basic economy, economy, business: regular 0, 1, 2; silver 1, 2, 3;
gold 2, 3, 3. Every further bag is $50.
Changing flights: not in basic economy; origin, destination and kind of trip stay. List all flights,
those that are kept too. Changing the cabin: of all flights at once, in every cabin. One credit or gift
card settles the difference. Bags can be added, not removed. Passengers can be replaced, not added or
removed. Insurance cannot be added later.
Cancelling: ask for the reason. It needs a booking of the last 24 hours, a flight that the airline
cancelled, business class, or insurance with health or weather as the reason. Trips of which a part is
flown go to a person.
Compensation, only when asked for, for silver and gold members, insured or business trips: $100 for each
passenger for a cancelled flight; $50 for a delayed one, after the trip was changed or cancelled.
Hand over to a person when, and only when, none of this can serve the customer.`

/** What was said and found out is data; the oldest of it is left out first. */
export function describe(input: NextMoveInput, offered: readonly string[]): string {
  const { customer, lines, remembered } = input
  const { prompt } = assemblePrompt([
    { name: 'Task', text: task, origin: 'ours' },
    { name: 'Rules of the desk', text: policy, origin: 'ours' },
    { name: 'Moves that are possible now', text: offered.join(', '), origin: 'ours' },
    { name: 'Customer', text: customer ?? 'not identified yet', origin: 'data' },
    ...remembered.map((text) => ({
      name: 'From an earlier conversation',
      text,
      origin: 'data' as const,
      dropOrder: 2,
    })),
    ...lines.map((line, index) => ({
      name: `${index + 1}. ${heading(line)}`,
      text: line.call ? `${callText(line)}\n${line.text}` : line.text,
      origin: line.from === 'policy' ? ('ours' as const) : ('data' as const),
      dropOrder: 1,
    })),
  ])
  return prompt
}

function heading({ from, call }: Line): string {
  if (from === 'tool') return 'a tool answered'
  if (from === 'policy') return call ? 'your proposal was refused' : 'the desk'
  return from === 'desk' ? 'you' : 'customer'
}

function callText({ call }: Line): string {
  return call ? `${call.name} ${JSON.stringify(call.arguments)}` : ''
}
