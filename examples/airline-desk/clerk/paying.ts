import type { User } from '../domain/records.ts'
import { numbered, pick } from './choices.ts'
import type { Notes, Step } from './notes.ts'
import { paymentText, reply, transfer } from './wording.ts'

const how = 'How do you want to settle the difference?'

/** The credit or gift card for a change: the only one, one that was named, or asked for. */
export function findPayment(notes: Notes, user: User): Step<string> {
  const methods = Object.values(user.payment_methods).filter(
    ({ source }) => source !== 'certificate',
  )
  const [only, second] = methods
  if (!only) {
    const summary =
      'The customer has neither a credit card nor a gift card to settle a change with.'
    return { move: transfer(summary) }
  }
  if (!second) return { value: only.id }
  const answer = notes.replyTo(how) ?? ''
  const said = `${notes.said}\n${answer}`.toLowerCase()
  const words = (method: (typeof methods)[number]): string[] =>
    method.source === 'credit_card'
      ? [method.id, method.last_four, method.brand.toLowerCase()]
      : [method.id]
  const named = methods.filter((method) => words(method).some((word) => said.includes(word)))
  const kinds = methods.filter(({ source }) => said.includes(source.replace('_', ' ')))
  const unique = [named, kinds].find((list) => list.length === 1)
  const chosen = unique?.[0] ?? pick(methods, answer)
  if (chosen) return { value: chosen.id }
  return { move: reply(`${how}\n${numbered(methods.map(paymentText))}`) }
}
