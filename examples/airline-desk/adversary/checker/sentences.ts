/**
 * The sentences of the policy that a write can break, word for word; a test compares them with the
 * policy's text where that is at hand.
 */
export const sentences = {
  scope: 'As an airline agent, you can help users book, modify, or cancel flight reservations.',

  available:
    'If the status is "available", the flight has not taken off, available seats and prices are listed.',
  notTakenOff:
    'If the status is "delayed" or "on time", the flight has not taken off, cannot be booked.',
  flying: 'If the status is "flying", the flight has taken off but not landed, cannot be booked.',

  bookingIds:
    'The agent must first obtain the user id, then ask for the trip type, origin, destination.',
  atMostFive: 'Each reservation can have at most five passengers.',
  passengerDetails:
    'The agent needs to collect the first name, last name, and date of birth for each passenger.',
  paymentMix:
    'Payment: each reservation can use at most one travel certificate, at most one credit card, and at most three gift cards.',
  inProfile: 'All payment methods must already be in user profile for safety reasons.',
  regularBags:
    'If the booking user is a regular member, 0 free checked bag for each basic economy passenger, 1 free checked bag for each economy passenger, and 2 free checked bags for each business passenger.',
  silverBags:
    'If the booking user is a silver member, 1 free checked bag for each basic economy passenger, 2 free checked bag for each economy passenger, and 3 free checked bags for each business passenger.',
  goldBags:
    'If the booking user is a gold member, 2 free checked bag for each basic economy passenger, 3 free checked bag for each economy passenger, and 3 free checked bags for each business passenger.',
  insurance:
    'Travel insurance: the agent should ask if the user wants to buy the travel insurance, which is 30 dollars per passenger and enables full refund if the user needs to cancel the flight given health or weather reasons.',

  changingIds: 'The agent must first obtain the user id and the reservation id.',
  basicEconomy: 'Basic economy flights cannot be modified.',
  sameTrip:
    'Other reservations can be modified without changing the origin, destination, and trip type.',
  cabinChange:
    'Change cabin: all reservations, including basic economy, can change cabin without changing the flights.',
  bagsAdded: 'The user can add but not remove checked bags.',
  insuranceLater: 'The user cannot add insurance after initial booking.',
  passengerNumber: 'The user can modify passengers but cannot modify the number of passengers.',
  changePayment:
    'If the flights are changed, the user needs to provide one gift card or credit card for payment or refund method.',

  cancellingIds:
    'The agent must first obtain the user id, the reservation id, and the reason for cancellation (change of plan, airline cancelled flight, or other reasons)',
  whenToCancel:
    'Otherwise, basic economy or economy flights can be cancelled only if travel insurance is bought and the condition is met, and business flights can always be cancelled.',
  used: 'If any of the segments are already used, the agent cannot help and transfer is needed.',
  refund: 'The refund will go to original payment methods in 5 to 7 business days.',

  cancelledFlights:
    'If the user is silver/gold member or has travel insurance or flies business, and complains about cancelled flights in a reservation, the agent can offer a certificate as a gesture after confirming the facts, with the amount being $100 times the number of passengers.',
  delayedFlights:
    'If the user is silver/gold member or has travel insurance or flies business, and complains about delayed flights in a reservation and wants to change or cancel the reservation, the agent can offer a certificate as a gesture after confirming the facts and changing or cancelling the reservation, with the amount being $50 times the number of passengers.',
  onlyWhenAsked:
    'Do not proactively offer these unless the user complains about the situation and explicitly asks for some compensation.',
  notCompensated:
    'Do not compensate if the user is regular member and has no travel insurance and flies (basic) economy.',
} as const
