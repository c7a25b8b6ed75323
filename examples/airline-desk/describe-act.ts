import type { Act } from './contracts.ts'
import type { Payment } from './domain/records.ts'

const titles: Readonly<Record<string, string>> = {
  book_reservation: 'Book a trip',
  cancel_reservation: 'Cancel the whole reservation',
  update_reservation_flights: 'Change the flights or the cabin of a reservation',
  update_reservation_baggages: 'Change the checked bags of a reservation',
  update_reservation_passengers: 'Change the passengers of a reservation',
  send_certificate: 'Send you a travel certificate',
}

/** A write in words that leave nothing out: every argument, and what it costs. */
export function describeAct(act: Act, charges: readonly Payment[]): string {
  const title = titles[act.name] ?? act.name
  const details = Object.entries(act.arguments).map(
    ([name, value]) => `- ${name.replaceAll('_', ' ')}: ${valueText(value)}`,
  )
  return [title, ...details, ...charges.map(chargeText)].join('\n')
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
