import { describe, expect, test } from 'vitest'
import type { DecisionInput } from '../../src/machines/decision.ts'
import { decisionMachine } from '../../src/machines/decision.ts'
import type { Driver } from './driver.ts'
import { begin, missed, walkOf } from './driver.ts'

const walk = walkOf(decisionMachine)
const book = { type: 'BOOK', flight: 'HAT001' }

const assembled = { prompt: 'What now?', promptHash: 'abc' }

function decision(over: Partial<DecisionInput> = {}): Driver {
  const deciders = ['model', 'rules']
  const bounds = { repairs: 1, retries: 1, retryMaxMs: 9_000, timeoutMs: 500 }
  const question = { offered: ['BOOK', 'WAIT'], deciders, ...bounds }
  return begin(walk, { assembled, metered: true, ...question, ...over })
}

function asking(over?: Partial<DecisionInput>): Driver {
  return decision(over).done('reserve', { granted: true })
}

function answer(driver: Driver, check: object, more: object = {}, latencyMs = 7): Driver {
  const answered = { kind: 'chosen', option: book, ...more }
  return driver.done('ask', { answer: answered, check, latencyMs })
}

function decide(driver: Driver, option: object = book, more: object = {}): Driver {
  return answer(driver, { valid: true, option }, more)
}

function complain(driver: Driver, complaint: string): Driver {
  return answer(driver, { valid: false, complaint })
}

describe('assembling', () => {
  test('abstains without asking when the state accepts none of the options', () => {
    const driver = decision({ offered: [] })
    expect(driver.output).toEqual({
      kind: 'abstained',
      reasons: ['model: the state accepts none of the options'],
    })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['terminate'])
  })

  test('keeps the prompt and its hash, then reserves for the first decider', () => {
    const driver = decision()
    expect(driver.value).toBe('reserving')
    expect(driver.context).toMatchObject({ prompt: 'What now?', promptHash: 'abc' })
    expect(driver.inputOf('reserve')).toEqual({
      decider: 'model',
      prompt: 'What now?',
      complaints: [],
    })
  })

  test('without a meter the first decider is asked at once', () => {
    const driver = decision({ metered: false })
    expect([driver.value, driver.children]).toEqual(['asking', ['ask']])
  })

  test('a prompt that cannot be assembled abstains with the reason', () => {
    const driver = decision({ assembled: { problem: 'the input breaks its schema' } })
    expect(driver.output).toEqual({
      kind: 'abstained',
      reasons: ['model: the input breaks its schema'],
    })
  })
})

describe('reserving', () => {
  test('abstains when there is nobody to ask', () => {
    const driver = decision({ deciders: [] })
    expect(driver.output).toEqual({ kind: 'abstained', reasons: [] })
  })

  test('a granted budget asks the decider', () => {
    const driver = asking()
    expect(driver.value).toBe('asking')
    expect(driver.inputOf('ask')).toEqual({
      decider: 'model',
      prompt: 'What now?',
      complaints: [],
      outages: 0,
    })
  })

  test('a refused budget falls back to the next decider', () => {
    const driver = decision().done('reserve', { granted: false, reason: 'no tokens left' })
    expect(driver.value).toBe('reserving')
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context['reasons']).toEqual(['model: no tokens left'])
  })

  test('a budget that cannot be asked falls back to the next decider', () => {
    const driver = decision().error('reserve', { message: 'the store is down' })
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context['reasons']).toEqual(['model: the store is down'])
  })

  test('a refused budget of the last decider abstains with every reason', () => {
    const driver = decision().done('reserve', { granted: false, reason: 'no tokens left' })
    driver.done('reserve', { granted: false, reason: 'no calls left' })
    expect(driver.output).toEqual({
      kind: 'abstained',
      reasons: ['model: no tokens left', 'rules: no calls left'],
      isExhausted: true,
    })
  })
})

describe('asking', () => {
  test('an abstention falls back with the reason of the decider', () => {
    const abstained = { kind: 'abstained', reason: 'no rule fits' }
    const driver = asking().done('ask', { answer: abstained, latencyMs: 1 })
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context['reasons']).toEqual(['model: no rule fits'])
  })

  test('an abstention without a reason is kept as such', () => {
    const driver = asking().done('ask', { answer: { kind: 'abstained' }, latencyMs: 1 })
    expect(driver.context['reasons']).toEqual(['model: '])
  })

  test('a decider that throws is a failed attempt with its message', () => {
    const driver = asking().error('ask', { message: 'HTTP 500' })
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context['reasons']).toEqual(['model: HTTP 500'])
  })

  test('no answer within the timeout stops the decider and falls back', () => {
    const driver = asking()
    const incarnation = driver.incarnationOf('ask')
    expect(driver.waits).toEqual([500])
    driver.fire()
    expect(driver.effects).toContainEqual(
      expect.objectContaining({ kind: 'stop', id: 'ask', incarnation }),
    )
    expect(driver.context['reasons']).toEqual(['model: no answer in time'])
    driver.done('reserve', { granted: true })
    const late = { answer: { kind: 'chosen', option: book }, latencyMs: 9 }
    driver.done('ask', late, incarnation)
    expect([driver.value, driver.stale]).toEqual(['asking', true])
  })

  test('a timer of an earlier question does not end the next one', () => {
    const driver = asking()
    const { firing } = driver
    complain(driver, 'wrong').done('reserve', { granted: true })
    driver.fold(firing)
    expect([driver.value, driver.stale]).toEqual(['asking', true])
  })
})

describe('checking', () => {
  test('a valid choice decides, as the check returned it, with its provenance', () => {
    const more = { model: 'm-1', usage: { inputTokens: 3, outputTokens: 2 }, confidence: 0.9 }
    const driver = decide(asking(), { ...book, bags: 0 }, more)
    expect(driver.output).toEqual({
      kind: 'decided',
      option: { ...book, bags: 0 },
      provenance: { decider: 'model', ...more, promptHash: 'abc', attempts: 1, latencyMs: 7 },
    })
  })

  test('provenance leaves out what the decider does not report', () => {
    expect(decide(asking()).output).toEqual({
      kind: 'decided',
      option: book,
      provenance: { decider: 'model', promptHash: 'abc', attempts: 1, latencyMs: 7 },
    })
  })

  test('a choice that nobody checked is none', () => {
    const unchecked = { answer: { kind: 'chosen', option: book }, latencyMs: 1 }
    expect(asking().done('ask', unchecked).status).toBe('active')
  })
})

describe('repairing', () => {
  test('the same decider is asked again with the complaint, budget reserved anew', () => {
    const driver = complain(asking(), 'no such flight')
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'model' })
    driver.done('reserve', { granted: true })
    expect(driver.inputOf('ask')).toMatchObject({
      decider: 'model',
      complaints: ['no such flight'],
    })
  })

  test('a repaired answer counts its attempts and adds its latency', () => {
    const driver = complain(asking(), 'wrong').done('reserve', { granted: true })
    answer(driver, { valid: true, option: book }, {}, 5)
    expect(driver.output).toMatchObject({ provenance: { attempts: 2, latencyMs: 12 } })
  })

  test('after the allowed repairs the next decider starts with no complaints', () => {
    const driver = complain(asking(), 'wrong').done('reserve', { granted: true })
    complain(driver, 'still wrong')
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context).toMatchObject({
      reasons: ['model: broke the contract: still wrong'],
      complaints: [],
      answer: null,
    })
  })

  test('with no repairs allowed the first wrong answer falls back', () => {
    const driver = complain(asking({ repairs: 0 }), 'wrong')
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
  })
})

describe('an answer that cannot be read', () => {
  test('is repaired with its own complaint', () => {
    const answered = { kind: 'malformed', complaint: 'it was no JSON' }
    const driver = asking().done('ask', { answer: answered, latencyMs: 1 })
    driver.done('reserve', { granted: true })
    expect(driver.inputOf('ask')).toMatchObject({ complaints: ['it was no JSON'] })
  })
})

describe('a refusal', () => {
  test('is not repaired: the next decider is asked', () => {
    const answered = { kind: 'refused', reason: 'I cannot help' }
    const driver = asking().done('ask', { answer: answered, latencyMs: 1 })
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context['reasons']).toEqual(['model: refused: I cannot help'])
  })
})

describe('waiting', () => {
  const away = (driver: Driver, waitMs?: number): Driver => {
    const unavailable = { kind: 'unavailable', reason: 'too many requests' }
    const waits = waitMs === undefined ? {} : { waitMs }
    return driver.done('ask', { answer: unavailable, latencyMs: 3, ...waits })
  }

  test('for a decider that is not available, then it is asked again, budget reserved anew', () => {
    const driver = away(asking(), 700)
    expect([driver.value, driver.waits]).toEqual(['waiting', [700]])
    driver.fire()
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'model' })
    driver.done('reserve', { granted: true })
    expect(driver.inputOf('ask')).toMatchObject({ decider: 'model', outages: 1, complaints: [] })
    decide(driver)
    expect(driver.output).toMatchObject({ provenance: { attempts: 2, latencyMs: 10 } })
  })

  test('keeps the complaints of the decider that is waited for', () => {
    const driver = complain(asking({ repairs: 2 }), 'wrong').done('reserve', { granted: true })
    away(driver, 1).fire().done('reserve', { granted: true })
    expect(driver.inputOf('ask')).toMatchObject({ complaints: ['wrong'] })
  })

  test('so often and no more; the next decider starts anew', () => {
    const driver = away(asking(), 1).fire().done('reserve', { granted: true })
    away(driver, 1)
    expect(driver.inputOf('reserve')).toMatchObject({ decider: 'rules' })
    expect(driver.context).toMatchObject({ reasons: ['model: too many requests'], outages: 0 })
  })

  test('not for longer than allowed', () => {
    expect(away(asking(), 9_000).value).toBe('waiting')
    expect(away(asking(), 9_001).inputOf('reserve')).toMatchObject({ decider: 'rules' })
  })

  test('no time at all when nobody says how long', () => {
    expect(away(asking()).waits).toEqual([0])
  })

  test('is counted in what the decision cost, with the answers that did not decide', () => {
    const usage = { inputTokens: 10, outputTokens: 2 }
    const driver = answer(asking(), { valid: false, complaint: 'wrong' }, { usage })
    driver.done('reserve', { granted: true })
    decide(driver, book, { usage: { inputTokens: 14, outputTokens: 3 } })
    expect(driver.output).toMatchObject({
      provenance: { usage: { inputTokens: 24, outputTokens: 5 } },
    })
  })
})

describe('falling back', () => {
  test('the next decider can still decide, and is named as the one who did', () => {
    const driver = asking().error('ask', {}).done('reserve', { granted: true })
    decide(driver)
    expect(driver.output).toMatchObject({
      kind: 'decided',
      provenance: { decider: 'rules', attempts: 2 },
    })
  })

  test('abstains when none is left', () => {
    const driver = asking({ deciders: ['model'] }).fire()
    expect(driver.output).toEqual({ kind: 'abstained', reasons: ['model: no answer in time'] })
  })
})

describe('CANCEL', () => {
  const places: Record<string, () => Driver> = {
    reserving: decision,
    asking,
    waiting: () => {
      const unavailable = { kind: 'unavailable', reason: 'away' }
      return asking().done('ask', { answer: unavailable, waitMs: 5, latencyMs: 1 })
    },
  }

  test.each(Object.keys(places))('in %s abstains and stops the source', (place) => {
    const driver = places[place]!()
    expect(driver.value).toBe(place)
    const { children, waits } = driver
    driver.send({ type: 'CANCEL' })
    expect(driver.output).toEqual({
      kind: 'abstained',
      reasons: ['model: the agent has left the state that asked'],
    })
    const kinds = driver.effects.map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'stop')).toHaveLength(children.length)
    expect(kinds.filter((kind) => kind === 'cancel')).toHaveLength(waits.length)
  })

  test('after the end changes nothing', () => {
    const driver = decision({ offered: [] }).send({ type: 'CANCEL' })
    expect(driver.effects).toEqual([{ kind: 'deadLetter', reason: 'agent-ended' }])
  })
})

test('every transition of the statechart was taken above', () => {
  expect(walk.declared.size).toBe(20)
  expect(missed(walk)).toEqual([])
})
