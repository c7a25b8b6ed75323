import { defineAgent } from 'ashlar'
import type { MachineTestOptions } from 'ashlar/testing'
import { testMachine } from 'ashlar/testing'
import { describe, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { cancel, log, raise, setup } from 'xstate'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { coffee } from './doc-machines/coffee.ts'
import { counter } from './doc-machines/counter.ts'
import { courier } from './doc-machines/courier.ts'
import { credit } from './doc-machines/credit.ts'
import { editor } from './doc-machines/editor.ts'
import { elevator } from './doc-machines/elevator.ts'
import { errand, parent } from './doc-machines/family.ts'
import { feedback } from './doc-machines/feedback.ts'
import { fetching } from './doc-machines/fetching.ts'
import { noughts } from './doc-machines/noughts.ts'
import { order, orderInput } from './doc-machines/order.ts'
import { race } from './doc-machines/race.ts'
import { search } from './doc-machines/search.ts'
import { toggle } from './doc-machines/toggle.ts'
import { trafficLight } from './doc-machines/traffic-light.ts'
import { video } from './doc-machines/video.ts'
import { wizard, wizardEvents } from './doc-machines/wizard.ts'

/** A game to its end without a winner, and one that is won. */
const drawn = [0, 1, 2, 4, 3, 5, 7, 6, 8]
const won = [0, 3, 1, 4, 2]

/** A timer without a delay, an event sent to oneself that is taken back, and a note for the log. */
const blink = setup({ types: {} as { events: { type: 'RING' } | { type: 'OFF' } } }).createMachine({
  id: 'blink',
  initial: 'off',
  states: {
    off: { after: { 0: 'on' } },
    on: {
      entry: [raise({ type: 'RING' }, { delay: 1_000, id: 'ring' }), log('on')],
      on: { RING: 'ringing', OFF: { target: 'off', actions: cancel('ring') } },
    },
    ringing: {},
  },
})

const machines: [AnyStateMachine | AgentDefinition, MachineTestOptions][] = [
  [toggle, {}],
  [trafficLight, {}],
  [counter, { examples: { SET: [{ to: 2 }, { to: 3 }, { to: 4 }] } }],
  [feedback, { examples: { SAY: [{ reason: 'too loud' }, { reason: ' ' }] } }],
  [
    fetching,
    {
      inputs: [{ url: 'http://example' }],
      examples: { load: ['data', Object.assign(new Error('gone'), { status: 410 })] },
    },
  ],
  [search, { examples: { TYPE: [{ text: 'a' }, { text: '' }], find: [[], ['a hit']] } }],
  [defineAgent({ machine: wizard, events: wizardEvents }), {}],
  [video, { examples: { VOLUME: [{ volume: 0 }, { volume: 7 }, { volume: 11 }] } }],
  [editor, {}],
  [elevator, { examples: { CALL: [{ floor: 0 }, { floor: 2 }, { floor: 9 }] } }],
  [defineAgent({ machine: order, input: orderInput }), {}],
  [parent, { examples: { errand: [{ brought: 'milk' }] } }],
  [errand, { inputs: [{ what: 'milk' }] }],
  [
    credit,
    {
      inputs: [{ name: 'ann' }],
      examples: {
        north: [80, 20],
        south: [80],
        BOSS_SAYS: [{ yes: true }, { yes: false }],
      },
    },
  ],
  [coffee, { examples: { COIN: [{ cents: 100 }, { cents: 3 }] } }],
  [
    noughts,
    {
      examples: {
        MARK({ context }) {
          const { board } = context as { board: string[] }
          const marks = board.filter((mark) => mark !== '').length
          // A cell that is taken as well: nothing happens.
          return [drawn[marks], won[marks], 0].map((cell) => ({ cell }))
        },
      },
    },
  ],
  [courier, {}],
  [race, {}],
  [blink, {}],
]

/** For these a broker is started: a child agent and mail to it, timers, tools and memory. */
const onNats: readonly unknown[] = [parent, trafficLight, credit]

describe('every transition of machines as in the documentation of XState is taken', () => {
  for (const [machine, options] of machines) {
    const on = onNats.includes(machine) ? ['step', 'twin', 'nats'] : ['step', 'twin']
    const coverage = { states: 100, transitions: 100, options: 100 }
    testMachine(machine, { test, coverage, on: on as never, ...options })
  }
})
