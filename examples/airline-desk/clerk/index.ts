import type { Decider } from 'ashlar'
import { rules } from 'ashlar'
import type { Move, NextMoveInput } from '../contracts.ts'
import { planBags } from './bags.ts'
import { planCancelling } from './cancelling.ts'
import { planChanging } from './changing.ts'
import { isNotConfirmed, isWritten, Notes } from './notes.ts'
import { planProfile, planSearching, planShowing } from './showing.ts'
import type { Wish } from './wishes.ts'
import { anythingElse, reply, transfer } from './wording.ts'

/**
 * A desk clerk made of rules: looks things up, cancels, changes flights, cabins and bags, and asks
 * for what is missing. Everything else goes to a person. It is what decides without a model.
 */
export const clerk: Decider<NextMoveInput> = rules<NextMoveInput>(nextMoveOfClerk)

/** A pure function of the conversation. */
export function nextMoveOfClerk(input: NextMoveInput, offered: readonly string[]): Move {
  const notes = new Notes(input)
  const move = choose(notes)
  if (move.type === 'REPLY' && notes.timesSaid(move.text) >= sameReplyMax) {
    return transfer(`The customer and the rules do not understand each other: ${notes.said}`)
  }
  if (offered.includes(move.type)) return move
  return offered.includes('REPLY')
    ? reply('I cannot do more about this at the moment. Shall a person help you?')
    : transfer('The rules of the desk do not get any further.')
}

const plans: Readonly<Record<Wish, (notes: Notes) => Move>> = {
  cancel: planCancelling,
  change: planChanging,
  bags: planBags,
  show: planShowing,
  profile: planProfile,
  search: planSearching,
  person: () => transfer('The customer asks for a person.'),
  compensation: (notes) => transfer(`The customer asks for compensation: ${notes.said}`),
  passengers: (notes) => transfer(`Passengers are to be changed: ${notes.said}`),
  book: (notes) => transfer(`A trip is to be booked: ${notes.said}`),
  thanks: () => reply('You are welcome. Have a good trip!'),
}

/** Who gets the same answer once more is better off with a person. */
const sameReplyMax = 3

const askId = 'What is your user id? It looks like first_last_1234.'
const help =
  'I can show your profile, your reservations and flights, cancel a reservation, and change ' +
  'flights, cabin or checked bags. What shall I do?'
const askAgain = 'I did not understand that.'

function choose(notes: Notes): Move {
  const told = outcome(notes)
  if (told) return told
  const { wish } = notes
  if (wish === 'person' || wish === 'thanks') return plans[wish](notes)
  // Where flights go is no secret; everything else is about the customer.
  if (wish === 'search') return planSearching(notes)
  if (notes.customer === null) return identify(notes)
  if (wish === null) return notUnderstood(notes)
  const move = plans[wish](notes)
  if (move.type === 'PROPOSE' && notes.wasTurnedDown(move)) {
    return reply('Then I leave everything as it is. What shall I do instead?')
  }
  return move
}

/** What the policy or a tool said last, in words for the customer. */
function outcome({ last }: Notes): Move | null {
  if (last?.from === 'policy' && !isNotConfirmed(last)) {
    const [rule, ...reason] = last.text.split(': ')
    if (rule === 'cancel-already-flown') return transfer(reason.join(': '))
    // The clerk transfers only what it cannot do, so it insists.
    if (rule === 'transfer-not-needed') return transfer(String(last.call?.arguments['summary']))
    return reply(`I am sorry, that is not possible. ${reason.join(': ')} ${anythingElse}`)
  }
  if (last?.from !== 'tool') return null
  if (isWritten(last)) return reply(`${doneText(last.call?.name)} ${anythingElse}`)
  if (!last.text.startsWith('Error:')) return null
  return reply(`That did not work: ${last.text.slice('Error: '.length)}. What shall I do instead?`)
}

function doneText(name: string | undefined): string {
  if (name !== 'cancel_reservation') return 'It is changed.'
  return 'It is cancelled. What you paid goes back the way it was paid within 5 to 7 business days.'
}

function identify(notes: Notes): Move {
  if (notes.timesSaid(askId) > 2) return transfer('The customer gave no user id that is known.')
  const isRepeated = notes.timesSaid(askId) > 0
  return reply(isRepeated ? `${askId} I find none like that in what you wrote.` : askId)
}

function notUnderstood(notes: Notes): Move {
  if (notes.timesSaid(askAgain) > 1) return transfer(`What is wanted is unclear: ${notes.said}`)
  const isFirst = notes.timesSaid(help) === 0 && notes.timesSaid(askAgain) === 0
  return reply(isFirst ? help : `${askAgain} ${help}`)
}
