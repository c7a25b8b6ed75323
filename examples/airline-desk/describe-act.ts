import type { Act } from './contracts.ts'
import type { Facts } from './domain/policy/index.ts'
import type { Payment } from './domain/records.ts'
import { noticesOf } from './notices.ts'

const titles: Readonly<Record<string, string>> = {
  book_reservation: 'Book a trip',
  cancel_reservation: 'Cancel the whole reservation',
  update_reservation_flights: 'Change the flights or the cabin of a reservation',
  update_reservation_baggages: 'Change the checked bags of a reservation',
  update_reservation_passengers: 'Change the passengers of a reservation',
  send_certificate: 'Send you a travel certificate',
}

/** A write in words that leave nothing out: every argument, and what it costs. */
export function describeAct(act: Act, facts: Facts): string {
  const { charges } = facts
  const title = titles[act.name] ?? act.name
  const details = Object.entries(act.arguments).map(
    ([name, value]) => `- ${name.replaceAll('_', ' ')}: ${valueText(value)}`,
  )
  const notes = noticesOf(act, facts).map((notice) => `! ${notice}`)
  return [title, ...details, ...offer(act), ...charges.map(chargeText), ...notes].join('\n')
}

/** The desk itself asks about insurance, so that no model can forget to. */
function offer({ name, arguments: { insurance } }: Act): string[] {
  if (name !== 'book_reservation' || insurance === 'yes') return []
  const terms = '$30 per passenger, full refund when you cancel for health or weather reasons'
  return [`- travel insurance (${terms}) is not included: do you want it?`]
}

function chargeText({ payment_id, amount }: Payment): string {
  return amount < 0 ? `- $${-amount} back to ${payment_id}` : `- $${amount} from ${payment_id}`
}

/** Lists as items, records as their members; other values as they are. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join('; ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, member]) => `${name.replaceAll('_', ' ')} ${valueText(member)}`)
    .join(', ')
}
