import { sentencesOf } from './speech.ts'

const DELAYED = /\b(delay(s|ed|ing)?|hours? late|late (departure|arrival)|running late|postponed)\b/
const CANCELLED =
  /\b((was|were|been|got|is|are|being|airline|you( guys)?|have|had|has|just) (\w+ )?cancell?ed|cancell?ed (flights?|trips?|connections?|on me)|flights?'? cancell?ations?|cancell?ations? of (my|your|our|the) flights?|airline'?s? cancell?ation)\b/
// What customers do or wish themselves is no complaint: `i want to delay it by a day`.
const OWN_WISH =
  /\b(i|we)('ve| have| had)? (just |already )?cancell?ed|\b(once|after|when|until|want|like to have|to get|to be)\b.{0,30}\bcancell?ed|\b(reservation|booking)s? (is|are|was|were|has been|have been|be|being|gets?)( \w+)? cancell?ed/
const OWN_DELAY = /\b(like|want|need|wish|prefer) to\b.*\bdelay\b|\bdelay (it )?by\b/

/** Of which kinds of disruption the customer complains. */
export function complaintsIn(customerSaid: readonly string[]) {
  const said = customerSaid.flatMap(sentencesOf)
  return {
    cancelled: said.some((sentence) => CANCELLED.test(sentence) && !OWN_WISH.test(sentence)),
    delayed: said.some((sentence) => DELAYED.test(sentence) && !OWN_DELAY.test(sentence)),
  }
}

const COMPENSATION =
  /\b(compensat\w+|reimburs\w+|vouchers?|goodwill|travel credits?|make (it|this|that) up to (me|us)|make up for)\b/
const CERTIFICATE = /\b(certificates?|refund(ed)?|money back|credit)\b/
const DISRUPTED =
  /\b(delay\w*|inconvenien\w+|troubles?|cancell?ed flights?|disruption|wait(ing)?)\b/
const WANTS =
  /\b(want|wants|like|need|get|receive|give|offer|provide|deserve|entitled|expect|request|ask|asking|looking (for|to)|seeking|discuss|demand|hoping|hope|claim|owe|insist|is there|can|could|will|would|should|what about|how about|any)\b|\?$/
const ACCEPTS =
  /^((that('s| is)? )?(sounds |sound )?(good|great|fine|ok|okay)[ ,.!]*)*(yes|sure|ok|okay|please|go ahead)\b[ ,]*(please )?(go ahead|proceed|issue|send|do|that|i accept|i'll take)\b/
const REFUSES = /\b(don't|do not|not|no) (want|need|asking|looking|interested|require)\b/
const PAYS_WITH = /\b(use|using|pay|paying|apply|applied|balance|cover)\b/

/**
 * True if the customer has asked for something in return for the trouble. To accept an offer is not
 * to ask, nor is to pay with a certificate.
 */
export function asksForCompensation(customerSaid: readonly string[]): boolean {
  return customerSaid
    .flatMap(sentencesOf)
    .some(
      (sentence) =>
        (COMPENSATION.test(sentence) || (CERTIFICATE.test(sentence) && DISRUPTED.test(sentence))) &&
        WANTS.test(sentence) &&
        !ACCEPTS.test(sentence) &&
        !REFUSES.test(sentence) &&
        !PAYS_WITH.test(sentence),
    )
}
