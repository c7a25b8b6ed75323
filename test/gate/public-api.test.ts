import * as ashlar from 'ashlar'
import * as proof from 'ashlar/proof'
import * as testing from 'ashlar/testing'
import { expect, test } from 'vitest'

test('the public doors export exactly these values; a change shows in review', () => {
  const names = (door: object): string[] => Object.keys(door).toSorted()
  expect({
    ashlar: names(ashlar),
    'ashlar/testing': names(testing),
    'ashlar/proof': names(proof),
  }).toMatchSnapshot()
})
