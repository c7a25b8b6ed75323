import { expect, test } from 'vitest'
import { raise, setup } from 'xstate'
import * as z from 'zod'
import { defineAgent } from '../../src/actors/definition.ts'
import { topics } from '../../src/actors/notice.ts'
import { decisionActor } from '../../src/actors/source.ts'
import type { Decider, TextPiece } from '../../src/contracts/decision.ts'
import { declareDecision, defineDecision } from '../../src/decision/define-decision.ts'
import { Inbox } from '../bus/harness.ts'
import { describeWorlds } from './world.ts'

const answer = declareDecision({
  name: 'answer',
  input: z.object({}),
  options: z.discriminatedUnion('type', [z.object({ type: z.literal('SAY'), text: z.string() })]),
  streams: 'text',
  repairs: 1,
})

const machine = setup({
  types: {} as {
    context: object
    events: { type: 'GO' } | { type: 'SAY'; text: string }
  },
  actors: { answer: decisionActor(answer) },
}).createMachine({
  id: 'speaking',
  version: '1',
  context: {},
  initial: 'waiting',
  states: {
    waiting: { on: { GO: 'answering' } },
    answering: {
      invoke: {
        id: 'answer',
        src: 'answer',
        input: {},
        onDone: { actions: raise(({ event }) => event.output) },
        onError: 'silent',
      },
      on: { SAY: 'said' },
    },
    said: { type: 'final' },
    silent: { type: 'final' },
  },
})
const agent = defineAgent({ machine })

/** Tells its text word by word; what it chooses at first breaks the contract. */
function teller(words: readonly string[]): Decider<object> {
  return {
    name: 'teller',
    decide({ stream, complaints }) {
      for (const word of words) stream?.tell(word)
      const text = complaints.length === 0 ? 7 : words.join('')
      return { kind: 'chosen', option: { type: 'SAY', text } }
    },
  }
}

describeWorlds('a text that a decider is producing', ['local', 'nats'], (open) => {
  test.each(['in a process of its own', 'in the host'])(
    'is heard outside, made %s',
    async (where) => {
      const world = await open()
      const deciders = [teller(['It ', 'is ', 'done.'])]
      const decisions = [defineDecision({ ...answer, prompt: () => 'say', deciders })]
      const parts = where === 'in the host' ? { inline: { decisions } } : { decisions }
      await world.start({ agents: [agent], ...parts })
      const ref = await world.settle(world.client.start(agent, { id: 'a' }))
      const heard = new Inbox<TextPiece>()
      const listening = await world.settle(ref.onText((piece) => heard.put(piece)))
      // What nobody can read on the wire is no reason to end a process.
      world.bus.wire.announce(topics.text('speaking', 'a'), new TextEncoder().encode('not json'))
      await world.settle(ref.send({ type: 'GO' }))
      await world.settle(ref.output())
      const pieces = await world.settle(heard.take(6))
      const of = { decision: 'answer', call: 'speaking/a:2:0' }
      expect(pieces).toEqual([
        { ...of, attempt: 1, index: 0, text: 'It ' },
        { ...of, attempt: 1, index: 1, text: 'is ' },
        { ...of, attempt: 1, index: 2, text: 'done.' },
        { ...of, attempt: 2, index: 0, text: 'It ' },
        { ...of, attempt: 2, index: 1, text: 'is ' },
        { ...of, attempt: 2, index: 2, text: 'done.' },
      ])
      await world.settle(listening.stop())
    },
  )
})
