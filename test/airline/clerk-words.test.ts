import { describe, expect, test } from 'vitest'
import { countBefore, countIn, pick } from '../../examples/airline-desk/clerk/choices.ts'
import { datesIn, plusDays, shiftIn } from '../../examples/airline-desk/clerk/dates.ts'
import { wishOf } from '../../examples/airline-desk/clerk/wishes.ts'

test.each([
  ['Please cancel my reservation', 'cancel'],
  ['I would like to have my flight cancelled', 'cancel'],
  ['Can I get a refund for it?', 'cancel'],
  ['I do not want to cancel', null],
  ['What is your cancellation policy?', null],
  ['The airline cancelled my flight', null],
  ['I want to change my return flight to Friday', 'change'],
  ['Could you move it to the 22nd?', 'change'],
  ['Please upgrade me to business', 'change'],
  ['There is a change of plans', null],
  ['Can I fly a day later?', 'change'],
  ['I need two more bags', 'bags'],
  ['Is there a flight from Denver to Boston?', 'search'],
  ['How many miles to go?', null],
  ['Show me my trips', 'show'],
  ['When does my flight leave?', 'show'],
  ['What payment methods do you have of me?', 'profile'],
  ['I want to book a flight to Boston', 'book'],
  ['Let me talk to a human', 'person'],
  ['Human!', 'person'],
  ['I demand compensation', 'compensation'],
  ['Please correct the name of a passenger', 'passengers'],
  ['No, thanks. Bye!', 'thanks'],
  ['Thank you so much!', 'thanks'],
  ['no', 'thanks'],
  ['yes', null],
  ['', null],
])('%j asks for %s', (text, wish) => {
  expect(wishOf(text)).toBe(wish)
})

describe('dates', () => {
  test.each([
    ['on May 22', ['2024-05-22']],
    ['the 22nd of May, or 23 May', ['2024-05-22', '2024-05-23']],
    ['2024-06-01 or 6/2', ['2024-06-01', '2024-06-02']],
    ['from the 21st to the 23rd', ['2024-05-21', '2024-05-23']],
    ['tomorrow', ['2024-05-16']],
    ['next Friday', ['2024-05-17']],
    ['Wednesday', ['2024-05-22']],
    ['on February 30', []],
    ['may I?', []],
    ['in seat 22', []],
  ])('%j', (text, dates) => {
    expect(datesIn(text)).toEqual(dates)
  })

  test('a day without a month is of the month that is talked about', () => {
    expect(datesIn('the 3rd', '2024-06-20')).toEqual(['2024-06-03'])
  })

  test.each([
    ['two days later', 2],
    ['a week earlier', -7],
    ['one day sooner', -1],
    ['the next day', 1],
    ['the day before', -1],
    ['a day', 0],
    ['later', 0],
  ])('%j moves by %i days', (text, days) => {
    expect(shiftIn(text)).toBe(days)
  })

  test('days across a month', () => {
    expect(plusDays('2024-05-31', 1)).toBe('2024-06-01')
  })
})

test.each([
  ['2', 'b'],
  ['number 3 please', 'c'],
  ['the first one', 'a'],
  ['The last', 'c'],
  ['1.', 'a'],
  ['9', undefined],
  ['blue', undefined],
])('%j picks %s', (answer, choice) => {
  expect(pick(['a', 'b', 'c'], answer)).toBe(choice)
})

test('counts', () => {
  expect(countBefore('I need two more bags', 'bags?')).toBe(2)
  expect(countBefore('another bag', 'bags?')).toBe(1)
  expect(countBefore('bags', 'bags?')).toBeUndefined()
  expect(countIn('make it 12')).toBe(12)
  expect(countIn('three')).toBe(3)
  expect(countIn('some')).toBeUndefined()
})
