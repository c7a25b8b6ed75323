/** What airlines do to a trip, and customers complain about. */
export type Disruption = 'cancelled' | 'delayed'

const delayed = /\bdelay(?:s|ed)?\b|\b(?:hours?|very|so|too|was|is|being) late\b/i
const cancelled =
  /\b(?:was|were|is|are|been|got|you|airline|they)\b[^.?!]{0,40}\bcancel+ed\b|\bcancel+ed (?:flights?|trips?|connections?)\b|\bcancel+ations? of (?:my|our|the) (?:flights?|trip)\b/i
const own = /\b(?:i|we)(?:'ve| have| had)? (?:just |already )?cancel+ed\b/i

/** Which disruptions the customer speaks of; without such a complaint there is no compensation. */
export function complaintsOf(customerSaid: readonly string[]): Set<Disruption> {
  const found = new Set<Disruption>()
  for (const message of customerSaid) {
    if (delayed.test(message)) found.add('delayed')
    if (cancelled.test(message) && !own.test(message)) found.add('cancelled')
  }
  return found
}
