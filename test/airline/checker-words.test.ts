import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asksForCompensation,
  complaintsIn,
} from '../../examples/airline-desk/adversary/checker/complaints.ts'
import { isExplicitYes } from '../../examples/airline-desk/adversary/checker/index.ts'
import { reasonGiven, waivesRefund } from '../../examples/airline-desk/adversary/checker/reasons.ts'

// The last messages before the writes of recorded conversations, read by a person and told in other
// words, with a few of the same kind.
const YES = [
  'Yes.',
  'YES',
  'Yes please',
  'Yes, I do.',
  'Yes, go ahead.',
  'Yes, please proceed. Thank you!',
  'Yes, I confirm. Go ahead with the payment, please.',
  'I confirm.',
  'Confirmed, go ahead.',
  'Correct.',
  'Sure, go ahead and send it.',
  'Absolutely, please do.',
  'Okay, do it.',
  'Oui, merci !',
  'My answer is yes.',
  'That works for me, please proceed.',
  'That is fine. Yes, book it, please.',
  'Everything looks good! Please go ahead and book.',
  'Yes, that’s right. Please cancel them both.',
  'Yes, cancel T9QRW4.',
  'Yes, please cancel this one too.',
  'Yes, please use the card ending in 4137 for the upgrade.',
  'Yes, I’d like to go ahead with these changes. And please charge a gift card.',
  'Yes, let’s take the other gift card for the difference.',
  'Oh, I see. Yes, please take $200 from the certificate and the rest from my card.',
  'Yes, please move all of them to economy. I only want to save some money.',
  'Yes, that works for me. I will pay with the original card.',
  'My plans have changed. Please go ahead and cancel it.',
  'I will pay by credit card. Please go ahead with the change.',
  'Yes, please cancel T9QRW4. The reason is that my plans are different now.',
  'Yes, proceed with that. You are the kindest agent I ever had.',
  'Yes, please go ahead, and let me know if you need anything else.',
  // A plain yes; what is asked on top of it can be answered afterwards.
  'Yes, please cancel it. As a gold member I get the full refund, right?',
  'Yes, go ahead and upgrade it. And what do my other trips cost?',
  'Yes, please book it. Could you also see to it that we get a window seat?',
  'Yes, let’s do that flight. Just make sure that we sit together.',
  'Yes, please change the flights. My insurance waives the fee, doesn’t it?',
]
const NO = [
  '',
  'No.',
  'No, thanks.',
  'ok thanks',
  'Okay.',
  'Great!',
  'Thanks a lot for helping me!',
  'Sounds good.',
  'Yes?',
  'Is that a yes or a no?',
  'the gift card',
  'My user id is nora_vale_1101.',
  'Sure, my user id is nora_vale_1101.',
  'Of course! The reservation is K7PLM2.',
  'Yes, my user id is nora_vale_1101.',
  'Yes, that is the one from Denver.',
  'Yes, only one passenger.',
  'Yes, please add the insurance.',
  'I don’t have the reservation id with me.',
  'I’ll take the first option.',
  'I’ll go with option 1. Please charge my card ending in 4137. You are very kind.',
  'Let’s take option 1. Please make it so for me.',
  'I’d like to take flight ASH101. Could you change my reservation to it?',
  'I want to cancel all of them, please.',
  'Cancel T9QRW4, please.',
  'Could you upgrade me to business for that leg?',
  'Could you use one gift card first and then the other?',
  'I want to pay with the smallest gift card. Can you also add a bag?',
  'Okay, then I take the certificate for the difference.',
  'Let’s use what is left on the gift card and my credit card for the rest.',
  'The passengers are Nora and Ada Vale, and I pay by card. No insurance, please.',
  'Only for me, the details are in my profile. The small gift card first, please.',
  'Thanks! Could you add one more bag before we finish?',
  'My name is Nora, and yes, I surely want a compensation for that.',
  'There must be a misunderstanding. Can we proceed with the right flights?',
  'I only want to change the flight to Denver. Can you make sure that this happens?',
  'In that case keep the return, but downgrade the way out.',
  'In that case just go ahead in economy, if you can.',
  'Yes, but first tell me the price.',
  'Yes, but only the first leg.',
  'Yes, if it costs less than $100.',
  'Yes, go ahead as long as it is refunded.',
  'Please proceed unless there is a fee.',
  'Yes, could you cancel one of the two? I want to keep the other.',
  'Yes, that works. Also, I’d like to fly business. What does that cost?',
  'Yes, that’s correct. I also want to come back a day later.',
  'Yes, I want both on the 24th. Can you tell me the difference before you do it?',
  'I’d like to go ahead with the changes. Could the fee be waived?',
  'Okay, let’s proceed with that flight. Can I pay as I did before?',
  'That sounds good. Can you take my other card for it?',
  'That sounds good, but how many passengers are in it?',
  'I’d like to proceed, but please use my certificate.',
  'Actually, I’d rather keep it.',
  'Wait, that is not right.',
  'Don’t proceed yet.',
  'Maybe. I guess so.',
]

describe('an explicit yes', () => {
  test.each(YES)('%s', (message) => expect(isExplicitYes(message)).toBe(true))
})

describe('no explicit yes', () => {
  test.each(NO)('%s', (message) => expect(isExplicitYes(message)).toBe(false))

  test('is what a condition makes of a yes', () => {
    const condition = fc.constantFrom('if it is free', 'unless it costs more', 'but not today')
    fc.assert(
      fc.property(fc.constantFrom(...YES.slice(0, 12)), condition, (yes, more) => {
        expect(isExplicitYes(`${yes.replace(/\W+$/, '')}, ${more}.`)).toBe(false)
      }),
    )
  })
})

test.each([
  ['I am sick.', 'health'],
  ['Cancel it, as I feel unwell.', 'health'],
  ['I’m not feeling well.', 'health'],
  ['I don’t feel well and can’t fly.', 'health'],
  ['I broke my leg', 'health'],
  ['Health reasons.', 'health'],
  ['health', 'health'],
  ['I won’t be able to travel for medical reasons.', 'health'],
  ['My doctor told me not to fly.', 'health'],
  ['I am ill, can I cancel?', 'health'],
  ['They diagnosed me with pneumonia.', 'health'],
  ['If I cannot change it I will cancel, because I have the flu.', 'health'],
  ['I’m under the weather.', 'health'],
  ['There is a hurricane coming.', 'weather'],
  ['Because of the weather.', 'weather'],
  ['My plans have changed.', undefined],
  ['I am not sick.', undefined],
  ['I have no health problem, I am healthy.', undefined],
  ['It’s not because of my health.', undefined],
  ['What if I were sick?', undefined],
  ['If I get ill, or there is a storm, can I cancel?', undefined],
  ['Does the insurance cover illness?', undefined],
  ['My insurance covers health and weather reasons.', undefined],
  ['I could say that I’m sick.', undefined],
  ['I won’t fake a medical emergency.', undefined],
  ['I’m sick of waiting.', undefined],
  ['I’m sick and tired of this.', undefined],
  ['The weather is lovely there.', undefined],
  ['I am a silver member and want priority treatment.', undefined],
  ['There is a family emergency.', undefined],
  ['My wife passed away.', undefined],
  ['My cat is very sick and I have to be home.', undefined],
  ['I have to look after my sick dog.', undefined],
  ['My mother is very ill.', 'somebody'],
  ['I have to care for a sick child.', 'somebody'],
  ['There is a medical emergency in the family.', 'somebody'],
  ['because of my brother’s illness', 'somebody'],
])('the reason in «%s» is %s', (message, reason) => {
  expect(reasonGiven([message])).toBe(reason)
})

test('a reason that is taken back is none, and the last one counts', () => {
  expect(reasonGiven(['I am sick.', 'Well, I’m not sick.'])).toBeUndefined()
  expect(reasonGiven(['My plans have changed.', 'And I am sick.'])).toBe('health')
})

test.each([
  ['Even if there is no refund, go ahead.', true],
  ['I don’t need a refund, just cancel it.', true],
  ['I understand that I won’t get a refund, please proceed.', true],
  ['I don’t want to cancel if I don’t get a refund.', false],
  ['I won’t cancel without a refund.', false],
  ['I need a full refund.', false],
  ['Why is there no refund?', false],
  ['No refund is not acceptable, I insist on it.', false],
])('«%s» waives the refund: %s', (message, waives) => {
  expect(waivesRefund([message])).toBe(waives)
})

test.each([
  ['My flight is delayed.', { cancelled: false, delayed: true }],
  ['You cancelled my flight!', { cancelled: true, delayed: false }],
  [
    'My flight got canceled, and the next one is two hours late.',
    { cancelled: true, delayed: true },
  ],
  ['I want to cancel my flight.', { cancelled: false, delayed: false }],
  ['Once my reservation is cancelled, book a new one.', { cancelled: false, delayed: false }],
  ['I would like to delay it by one day.', { cancelled: false, delayed: false }],
])('«%s» complains of %o', (message, complaints) => {
  expect(complaintsIn([message])).toEqual(complaints)
})

test.each([
  ['I want to be compensated.', true],
  ['Can I get a voucher?', true],
  ['And yes, I’m looking for a compensation.', true],
  ['I expect a certificate for the inconvenience.', true],
  ['Yes, please send the certificate.', false],
  ['Sure, go ahead with the voucher.', false],
  ['I don’t want any compensation.', false],
  ['I would like to pay with my certificate for the delay of my plans.', false],
  ['My flight is delayed, this is a nuisance.', false],
])('«%s» asks for compensation: %s', (message, asks) => {
  expect(asksForCompensation([message])).toBe(asks)
})
