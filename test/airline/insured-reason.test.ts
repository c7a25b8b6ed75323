import { describe, expect, test } from 'vitest'
import { insuredReason } from '../../examples/airline-desk/domain/policy/insured-reason.ts'
import { waivesRefund } from '../../examples/airline-desk/domain/policy/waived-refund.ts'

describe('the reason as the customer gives it', () => {
  test.each([
    "Unfortunately, I'm sick and unable to make the flight.",
    'I am sick and cannot make the flight.',
    "I don't remember the id, but I can tell you that I'm feeling sick.",
    "Would cancelling be an option since I'm feeling a bit unwell?",
    "I'm not feeling well.",
    "I don't feel well, so I can't travel.",
    'No, I’m ill.',
    'You are sick.',
    'I broke my leg yesterday',
    'My doctor told me not to fly',
    'My mother is in hospital and I have to stay with her.',
    'I had a medical emergency',
    'Mention your health problem at the start of the conversation.',
    "I can't go because I have the flu.",
    'a bit under the weather today',
  ])('health: %s', (message) => {
    expect(insuredReason([message])).toBe('health')
  })

  test.each([
    'There is a hurricane coming.',
    'Because of the weather I would rather not go',
    'The weather is terrible there.',
    'heavy snow is forecast',
  ])('weather: %s', (message) => {
    expect(insuredReason([message])).toBe('weather')
  })

  test.each([
    'I have a change of plans.',
    'I am not sick, I just changed my mind.',
    'I do NOT have a health related issue, I am healthy now.',
    'Under NO circumstances will you fake a health-related issue — you are healthy — even so.',
    "It's not because I'm sick",
    'What if I were sick?',
    'If I were sick, could I cancel?',
    'Could I cancel for health reasons?',
    'Does the insurance cover illness?',
    'I am sick of waiting.',
    'I am sick and tired of this airline.',
    'My cat is really sick.',
    'It is a family emergency.',
    'I have health insurance',
    "There's no storm.",
    'the weather is lovely',
    "Well, it's my best friend's birthday.",
    'I still need to get there.',
    "I'm travelling with my dog, who is ill",
    'We were not hospitalized or anything.',
    "Can't you cancel? I was told it is possible.",
    '',
  ])('none: %s', (message) => {
    expect(insuredReason([message])).toBeNull()
  })

  test('a later denial takes an earlier statement back', () => {
    expect(insuredReason(["I'm sick.", "Actually I'm not sick, plans changed."])).toBeNull()
    expect(insuredReason(["I'm sick.", 'Honestly, I am healthy.'])).toBeNull()
  })

  test('a later statement counts after an earlier denial', () => {
    expect(insuredReason(['I was not ill last week', 'now I am ill'])).toBe('health')
  })
})

describe('waiving the refund', () => {
  test.each([
    'Even if I will not receive a refund for some of them, I want to proceed anyway.',
    "Cancel it regardless, I don't need a refund.",
  ])('waived: %s', (message) => {
    expect(waivesRefund([message])).toBe(true)
  })

  test.each([
    "I don't want to cancel if I don't get a refund, even if it takes long.",
    'Would you cancel it even without a refund?',
    'I want to cancel anyway. And I want my refund.',
    'Please cancel it.',
  ])('not waived: %s', (message) => {
    expect(waivesRefund([message])).toBe(false)
  })
})
