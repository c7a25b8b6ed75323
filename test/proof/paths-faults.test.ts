import { agentAt, defineAgent } from 'ashlar'
import { describe, expect, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { assign, fromPromise, sendTo, setup } from 'xstate'
import * as z from 'zod'
import type { Bus } from '../../src/bus/bus.ts'
import type { MachineTestOptions } from '../../src/cli/machine-tests.ts'
import { machineContract } from '../../src/cli/machine-tests.ts'
import type { Sabotage } from '../../src/cli/path-grounds.ts'
import { twinGround } from '../../src/cli/path-grounds.ts'
import { decodeRecord, encodeRecord } from '../../src/contracts/record.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { counter } from './doc-machines/counter.ts'
import { parent } from './doc-machines/family.ts'
import { order, orderInput } from './doc-machines/order.ts'
import { toggle } from './doc-machines/toggle.ts'
import { trafficLight } from './doc-machines/traffic-light.ts'

/** The clauses that fail, and why. */
async function failures(
  machine: AnyStateMachine | AgentDefinition,
  options: MachineTestOptions,
  sabotage?: Sabotage,
): Promise<Record<string, string>> {
  const { clauses } = machineContract(
    machine,
    options,
    () => undefined,
    async () => twinGround(sabotage),
  )
  const found: Record<string, string> = {}
  for (const { id, run } of clauses) {
    const outcome = await run()
    if (outcome.kind === 'failed') found[id] = outcome.reason
  }
  return found
}

const orderAgent = defineAgent({ machine: order, input: orderInput })
const withMilk = { examples: { errand: [{ brought: 'milk' }] } }

describe('a runtime that does something else than the machine says is found', () => {
  test('an honest one is not', async () => {
    expect(await failures(orderAgent, {})).toEqual({})
    expect(await failures(parent, withMilk)).toEqual({})
  })

  const cases: [string, AnyStateMachine | AgentDefinition, MachineTestOptions, Sabotage, RegExp][] =
    [
      [
        'a call that reaches no queue',
        orderAgent,
        {},
        changed('work', (work) => ({
          submit: async () => ({ kind: 'submitted', duplicate: false }) as const,
          consume: work.consume.bind(work),
        })),
        /move 1 \(init\), on the local twin: the call of reserve in the queue of reserve_goods: it does not come/,
      ],
      [
        'a timer that is never set',
        trafficLight,
        {},
        changed('timers', (timers) => ({ ...timers, schedule: async () => undefined })),
        /move 2 \(after greenMs\), on the local twin: the record of the step: it does not come/,
      ],
      [
        'a child that is never started',
        parent,
        withMilk,
        changed('mailbox', (mailbox) => ({
          ...mailbox,
          post: async (to, body, id) =>
            to.type === 'errand' ? { seq: 1, duplicate: false } : mailbox.post(to, body, id),
        })),
        /the message of spawn to errand\/path-1~child~1: it does not come/,
      ],
      [
        'a journal with another context',
        orderAgent,
        {},
        changed('journal', (journal) => ({
          ...journal,
          append: (address, body, expected) => {
            const record = decodeRecord(body)
            Object.assign(record.state.snapshot.context, { count: 99 })
            return journal.append(address, encodeRecord(record), expected)
          },
        })),
        /snapshot\.context\.count: expected 1, got 99/,
      ],
      [
        'a journal without the effects',
        orderAgent,
        {},
        changed('journal', (journal) => ({
          ...journal,
          append: (address, body, expected) => {
            const record = decodeRecord(body)
            return journal.append(address, encodeRecord({ ...record, outbox: [] }), expected)
          },
        })),
        /effects: expected 1 item\(s\), got 0/,
      ],
    ]

  test.each(cases)('%s', async (_, machine, options, sabotage, text) => {
    const found = await failures(machine, { ...options, on: ['twin'] }, sabotage)
    expect(Object.values(found).join('\n')).toMatch(text)
    expect(found['coverage']).toBeUndefined()
  })

  test('code of the user is not run: side effects and promises are stood in for', async () => {
    let runs = 0
    const machine = setup({
      types: {} as { events: { type: 'RING' } },
      actors: { load: fromPromise(() => Promise.resolve(++runs)) },
      actions: { ring: () => void runs++ },
    }).createMachine({
      id: 'bell',
      initial: 'loading',
      states: {
        loading: { invoke: { id: 'load', src: 'load', onDone: 'still', onError: 'still' } },
        still: { on: { RING: { actions: { type: 'ring' } } } },
      },
    })
    const bell = defineAgent({ machine, sideEffects: ['ring'] })
    expect(await failures(bell, { coverage: { transitions: 100 } })).toEqual({})
    expect(runs).toBe(0)
  })

  test('on the pure step alone nothing of the runtime is seen', async () => {
    const [, , , sabotage] = cases[0]!
    expect(await failures(orderAgent, { on: ['step'] }, sabotage as never)).toEqual({})
  })
})

test('a machine that writes to its own kind is run on the step only, and that is said', async () => {
  const machine = setup({ types: {} as { events: { type: 'PASS' } } }).createMachine({
    id: 'relay',
    on: { PASS: { actions: sendTo(agentAt('relay/next'), { type: 'PASS' }) } },
  })
  const { clauses } = machineContract(machine, {}, () => undefined)
  expect(await clauses[0]!.run()).toEqual({
    kind: 'notRun',
    reason: 'it writes to agents of its own machine',
  })
})

describe('a machine that is not what it should be is found', () => {
  test('a guard that remembers', async () => {
    let asked = 0
    const machine = setup({
      types: {} as { events: { type: 'GO' } },
      guards: { sometimes: () => asked++ % 2 === 0 },
    }).createMachine({
      id: 'impure',
      initial: 'here',
      states: { here: { on: { GO: { guard: 'sometimes', target: 'there' } } }, there: {} },
    })
    const found = await failures(machine, { on: ['step'] })
    expect(Object.values(found).join()).toMatch(
      /move 2 \(GO\), on the pure step: the step is not pure, asked twice it answers twice/,
    )
  })

  test('code that cannot take what its own schema allows', async () => {
    const machine = setup({
      types: {} as { context: { first: string }; events: { type: 'NAME'; names: string[] } },
    }).createMachine({
      id: 'hasty',
      context: { first: '' },
      on: { NAME: { actions: assign({ first: ({ event }) => event.names[0]!.toUpperCase() }) } },
    })
    const NAME = z.object({ type: z.literal('NAME'), names: z.array(z.string()) })
    const agent = defineAgent({ machine, events: { NAME } })
    const found = await failures(agent, {})
    expect(found).toEqual({
      coverage: expect.stringMatching(
        /^what contracts allow, it does not take: NAME at .* throws: .*toUpperCase/s,
      ) as unknown,
    })
  })

  test('coverage below what is asked for, naming what was missed', async () => {
    expect(await failures(counter, { on: ['step'], coverage: { guards: 100 } })).toEqual({
      coverage: expect.stringMatching(
        /^\d+ % of the guards are covered, less than 100 %; missed: .*counter\.counting \| UP\[0\]/,
      ) as unknown,
    })
    expect(await failures(toggle, { coverage: { transitions: 100, guards: 100 } })).toEqual({})
  })
})

/** A bus of which one port is another. */
function changed<Port extends keyof Bus>(port: Port, change: (port: Bus[Port]) => Bus[Port]) {
  return (bus: Bus): Bus => ({ ...bus, [port]: change(bus[port]) })
}
