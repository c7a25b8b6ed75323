import { describe, expect, test } from 'vitest'
import {
  handoverName,
  lookUpNames,
  searchNames,
  writeNames,
} from '../../examples/airline-desk/contracts.ts'
import { hashAct, movesPerTurnMax } from '../../examples/airline-desk/desk-context.ts'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import { noChanges } from '../../examples/airline-desk/domain/database.ts'
import { gatherFacts, policyRules } from '../../examples/airline-desk/domain/policy/index.ts'
import type { Driver } from '../machines/driver.ts'
import { missed } from '../machines/driver.ts'
import {
  agree,
  answer,
  anyArguments,
  cancel,
  choose,
  confirming,
  contextOf,
  customer,
  data,
  failure,
  hear,
  listening,
  pick,
  propose,
  refund,
  rejection,
  transferring,
  understanding,
  walk,
} from './desk-driver.ts'

describe('listening', () => {
  test('the first words lead to identification, later ones straight to a move', () => {
    const driver = hear(listening(), 'hello')
    expect(driver.inputOf('identifyCustomer')).toEqual({ branch: 'b', customerSaid: ['hello'] })
    driver.done('identifyCustomer', { userId: null })
    expect(driver.value).toBe('understanding')
    choose(driver, { type: 'REPLY', text: 'Who are you?' })
    expect([driver.value, contextOf(driver).reply]).toEqual(['listening', 'Who are you?'])
    hear(driver, customer).done('identifyCustomer', { userId: customer }).done('recall', [])
    choose(driver, { type: 'REPLY', text: 'What can I do?' })
    hear(driver, 'Cancel it.')
    expect([driver.value, contextOf(driver).customer]).toEqual(['understanding', customer])
  })

  test('a message that was heard before, or that skips one, is not taken', () => {
    const driver = understanding()
    choose(driver, { type: 'REPLY', text: 'Yes?' })
    driver.send({ type: 'CUSTOMER', text: 'again', turn: 1 })
    expect([driver.value, driver.handled]).toEqual(['listening', false])
    driver.send({ type: 'CUSTOMER', text: 'later', turn: 3 })
    expect([driver.value, driver.handled]).toEqual(['listening', false])
  })

  test('the customer leaves, or is silent for an hour', () => {
    expect(listening().send({ type: 'LEAVE' }).output).toMatchObject({ outcome: 'ended' })
    const silent = listening()
    expect(silent.waits).toEqual([3_600_000])
    expect(silent.fire().output).toMatchObject({ outcome: 'ended' })
  })
})

describe('the customer', () => {
  test('what is remembered of them is at hand, and is no condition', () => {
    const driver = hear(listening(), customer).done('identifyCustomer', { userId: customer })
    driver.done('recall', [{ value: { tool: 'book_reservation' } }])
    expect(contextOf(driver).remembered).toEqual(['{"tool":"book_reservation"}'])
    const without = hear(listening(), customer).done('identifyCustomer', { userId: customer })
    expect(without.error('recall', failure).value).toBe('understanding')
  })

  test('goes to a person when they cannot be looked up', () => {
    const driver = hear(listening(), 'hi').error('identifyCustomer', failure)
    expect(driver.value).toBe('handingOver')
    expect(contextOf(driver).handover).toBe('infrastructure: the store is down')
  })
})

describe('choosing a move', () => {
  test('all moves are offered at first, only words when the model runs on and on', () => {
    const driver = understanding()
    expect(driver.state.children['nextMove']?.offered).toEqual([
      'REPLY',
      'LOOK_UP',
      'SEARCH',
      'PROPOSE',
      'TRANSFER',
    ])
    for (let move = 0; move < movesPerTurnMax; move++) {
      expect(driver.state.children['nextMove']?.offered).toHaveLength(5)
      choose(driver, { type: 'LOOK_UP', name: 'think', arguments: { thought: '' } })
      driver.done('think', '')
    }
    expect(driver.state.children['nextMove']?.offered).toEqual(['REPLY', 'TRANSFER'])
  })

  test('hands over when no choice comes', () => {
    const driver = understanding()
    expect(driver.waits).toEqual([600_000])
    expect(driver.fire().value).toBe('handingOver')
  })

  test('hands over when nobody decides, and when the model says so', () => {
    const abstained = understanding().error('nextMove', { message: 'nobody decided' })
    expect(abstained.value).toBe('handingOver')
    const driver = transferring('A wheelchair.')
    expect(driver.inputOf('handOver')).toEqual({
      branch: 'b',
      arguments: { summary: 'A wheelchair.' },
    })
    expect(driver.done('handOver', 'Transfer successful').output).toMatchObject({
      outcome: 'transferred',
      handover: 'A wheelchair.',
    })
    const deaf = transferring('')
    expect(deaf.error('handOver', failure).output).toMatchObject({ outcome: 'transferred' })
  })

  test('a person takes over only when something was tried, or when asked for', () => {
    const hasty = choose(understanding(), { type: 'TRANSFER', summary: 'No wish to work.' })
    expect(hasty.value).toBe('understanding')
    expect(contextOf(hasty).refusals).toMatchObject([
      { rule: 'transfer-not-needed', tool: 'transfer_to_human_agents' },
    ])
    expect(choose(hasty, { type: 'TRANSFER', summary: 'I insist.' }).value).toBe('handingOver')
    const asked = understanding(`I am ${customer}. Let me talk to a human, please.`)
    expect(choose(asked, { type: 'TRANSFER', summary: '' }).value).toBe('handingOver')
    const looked = choose(understanding(), { type: 'LOOK_UP', name: 'think', arguments: {} })
    looked.done('think', '')
    expect(choose(looked, { type: 'TRANSFER', summary: '' }).value).toBe('handingOver')
  })
})

describe('reading', () => {
  test.each([
    ...lookUpNames.map((name) => ['LOOK_UP', name]),
    ...searchNames.map((name) => ['SEARCH', name]),
  ])('%s %s: answer, refused arguments, failure', (type, name) => {
    const call = (): Driver => choose(understanding(), { type, name, arguments: { a: 1 } })
    const driver = call()
    expect(driver.inputOf(name)).toEqual({ branch: 'b', arguments: { a: 1 } })
    driver.done(name, 'an answer')
    expect([driver.value, contextOf(driver).calls]).toEqual([
      'understanding',
      [{ tool: name, ok: true }],
    ])
    const refused = call().error(name, rejection)
    expect(refused.value).toBe('understanding')
    expect(contextOf(refused).refusals).toMatchObject([{ rule: 'bad-arguments', layer: 'tool' }])
    expect(call().error(name, failure).value).toBe('handingOver')
  })

  test.each([
    ['LOOK_UP', 'cancel_reservation'],
    ['LOOK_UP', handoverName],
    ['SEARCH', 'search_everything'],
  ])('%s %s is refused as unknown and calls nothing', (type, name) => {
    const driver = choose(understanding(), { type, name, arguments: {} })
    expect([driver.value, driver.children]).toEqual(['understanding', ['nextMove']])
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'unknown-tool', tool: name }])
  })
})

describe('the policy', () => {
  test('every rule is a branch of the chart, in the order of the rules, named by its guard', () => {
    interface Branch {
      guard?: string | { type: string; params: { name: string } }
      target: string
    }
    const { states } = deskMachine.config.states!.checkingPolicy as unknown as {
      states: Record<string, { always: Branch[] }>
    }
    const { choosing, ...kinds } = states
    const shown: string[] = []
    for (const { guard, target } of choosing!.always) {
      if (typeof guard !== 'object') continue
      const { always } = kinds[target]!
      const rules = always.slice(0, -2)
      expect(always.slice(-2)).toEqual([
        { guard: 'agreed', target: '#executing' },
        { target: '#confirming' },
      ])
      expect(rules.every((branch) => branch.target === '#refusing')).toBe(true)
      shown.push(...rules.map((rule) => `${guard.params.name}: ${rule.guard as string}`))
    }
    expect(shown).toEqual(policyRules.map(({ tool, id }) => `${tool}: ${id}`))
    expect(Object.keys(kinds)).toHaveLength(writeNames.length)
  })

  test('a refused proposal leads to the next choice, with the rule and the layer', () => {
    const basic = { name: 'cancel_reservation', arguments: { reservation_id: 'XXXXXX' } }
    const driver = propose(understanding(), basic)
    expect(driver.value).toBe('understanding')
    expect(contextOf(driver).refusals).toMatchObject([
      { rule: 'unknown-reservation', layer: 'orchestration', tool: 'cancel_reservation' },
    ])
    expect(contextOf(driver).act).toBeNull()
  })

  test('malformed arguments are refused before any rule', () => {
    const malformed = { name: 'cancel_reservation', arguments: {} as { reservation_id: string } }
    const driver = propose(understanding(), malformed)
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'malformed-arguments' }])
  })

  test.each(writeNames)('%s has its rules checked in a state of its own', (name) => {
    const args = { ...anyArguments, user_id: 'somebody_else_1' }
    const driver = propose(understanding('Hello.'), { name, arguments: args as never })
    expect(contextOf(driver).refusals).toMatchObject([
      { rule: 'customer-not-identified', tool: name },
    ])
  })

  test('a proposal that only reads is none', () => {
    const read = { name: 'think', arguments: { thought: '' } as never }
    const driver = propose(understanding(), read)
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'unknown-tool' }])
  })

  test('a proposal that is no write at all is refused', () => {
    const driver = propose(understanding(), { ...cancel, name: 'drop_table' })
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'unknown-tool' }])
  })

  test('without facts the conversation goes to a person', () => {
    const driver = choose(understanding(), { type: 'PROPOSE', ...cancel })
    expect(driver.error('gatherFacts', failure).value).toBe('handingOver')
  })
})

describe('confirming', () => {
  test('asks for exactly this write, by its hash', () => {
    const driver = confirming()
    expect(driver.value).toBe('confirming')
    expect(contextOf(driver).confirmation).toEqual({
      hash: hashAct(cancel, refund),
      number: 1,
      text: [
        'Please confirm (yes/no): Cancel the whole reservation',
        '- reservation id: T9QRW4',
        '- $1788 back to credit_card_2202001',
      ].join('\n'),
    })
    expect(driver.effects).toContainEqual(
      expect.objectContaining({
        kind: 'emit',
        event: expect.objectContaining({ type: 'CONFIRM' }) as unknown,
      }),
    )
  })

  test('no write is executed on anything but a yes to this very question', () => {
    const driver = confirming()
    driver.send({ type: 'ANSWER', text: 'yes', number: 99 })
    expect([driver.value, driver.handled]).toEqual(['confirming', false])
    answer(driver, 'No, wait.')
    expect(driver.value).toBe('understanding')
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'not-confirmed' }])
    expect(contextOf(driver).writes).toEqual([])
    expect(contextOf(driver).customerSaid.at(-1)).toBe('No, wait.')
  })

  test('the customer may leave or fall silent instead', () => {
    expect(confirming().send({ type: 'LEAVE' }).output).toMatchObject({ outcome: 'ended' })
    expect(confirming().fire().output).toMatchObject({ outcome: 'ended', writes: [] })
  })
})

describe('executing', () => {
  const confirmed = (): Driver => agree(confirming())

  test('a confirmed write is executed, noted and remembered', () => {
    const driver = confirmed()
    expect(driver.value).toEqual({ executing: 'cancel_reservation' })
    expect(driver.inputOf('cancel_reservation')).toEqual({ branch: 'b', ...pick(cancel) })
    driver.done('cancel_reservation', '{"reservation_id": "T9QRW4"}')
    expect(driver.inputOf('remember')).toMatchObject({
      kind: 'last-change',
      value: { tool: 'cancel_reservation', reservation: 'T9QRW4' },
    })
    driver.done('remember', { kind: 'remembered', version: 1 })
    expect([driver.value, contextOf(driver).writes]).toEqual([
      'understanding',
      [{ tool: 'cancel_reservation', ...pick(cancel) }],
    ])
    const forgetful = confirmed().done('cancel_reservation', '{}').error('remember', failure)
    expect(forgetful.value).toBe('understanding')
  })

  test.each(writeNames)('%s: error result, refused arguments, failure, success', (name) => {
    /** The state that a confirmed write of any kind leads to. */
    const executing = (): Driver => {
      const driver = confirmed()
      const act = { name, arguments: { reservation_id: 'T9QRW4' } }
      Object.assign(driver.state.snapshot, { value: { executing: 'choosing' } })
      Object.assign(driver.state.snapshot.context, { act })
      // Any event makes the engine look at the eventless branches again.
      return driver.send({ type: 'LEAVE' })
    }
    expect(executing().value).toEqual({ executing: name })
    const failed = executing().done(name, 'Error: not enough seats')
    expect([failed.value, contextOf(failed).writes]).toEqual(['understanding', []])
    expect(contextOf(failed).calls).toEqual([{ tool: name, ok: false }])
    expect(executing().error(name, rejection).value).toBe('understanding')
    expect(executing().error(name, failure).value).toBe('handingOver')
    expect(executing().done(name, '{}').value).toBe('recording')
  })

  test('a write that differs from what was confirmed is put to the customer again', () => {
    const driver = answer(confirming(), 'Yes.')
    const act = { ...cancel, arguments: { reservation_id: 'T9QRW4', extra: true } }
    Object.assign(driver.state.snapshot.context, { act })
    driver.done('gatherFacts', gatherFacts(data, noChanges(), act, contextOf(driver).customerSaid))
    expect(driver.value).toBe('confirming')
    expect(contextOf(driver).confirmation?.hash).toBe(hashAct(act, refund))
  })

  test('a write that costs something else by the time of the answer is put again', () => {
    const driver = confirming()
    const { facts } = contextOf(driver)
    const charges = [{ payment_id: 'credit_card_2202001', amount: -1500 }]
    answer(driver, 'Yes.').done('gatherFacts', { ...facts, charges })
    expect(driver.value).toBe('confirming')
    expect(contextOf(driver).confirmation).toMatchObject({ number: 2 })
    expect(contextOf(driver).confirmation?.text).toContain('$1500 back')
    expect(answer(driver, 'Yes.').done('gatherFacts', { ...facts, charges }).value).toEqual({
      executing: 'cancel_reservation',
    })
  })

  test('what the policy forbids by the time of the answer is not executed', () => {
    const driver = answer(confirming(), 'Yes.')
    const facts = gatherFacts(data, noChanges(), cancel, contextOf(driver).customerSaid)
    const reservation = { ...facts.reservation!, status: 'cancelled' }
    driver.done('gatherFacts', { ...facts, reservation })
    expect(driver.value).toBe('understanding')
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'already-cancelled' }])
  })

  test('a write that no state knows is refused', () => {
    const driver = confirmed()
    Object.assign(driver.state.snapshot, { value: { executing: 'choosing' } })
    Object.assign(driver.state.snapshot.context, { act: { name: 'drop_table', arguments: {} } })
    expect(driver.send({ type: 'LEAVE' }).value).toBe('understanding')
    expect(contextOf(driver).refusals).toMatchObject([{ rule: 'unknown-tool' }])
  })
})

test('every transition was taken above, but for the single rules of the policy', () => {
  const rule = /checkingPolicy\.(?!choosing)\w+ \| \(always\)\[\d+\]/
  const open = missed(walk).filter((name) => !rule.test(name))
  expect(open).toEqual([])
  expect(walk.declared.size).toBeGreaterThan(90)
})
