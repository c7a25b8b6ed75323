import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { inDoubt } from '../../src/actors/in-doubt.ts'
import { decisionActor, toolActor } from '../../src/actors/source.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { declareTool } from '../../src/tools/define-tool.ts'
import type { EffectClass } from '../../src/contracts/tool.ts'
import type { Property } from '../../src/proof/properties.ts'
import type { Outsider, ToolModel, World } from '../../src/proof/world.ts'
import { raise, setup } from 'xstate'
import * as z from 'zod'

/** How often the bank has paid, to whom. */
export type Bank = Record<string, number>

const input = z.object({ to: z.string() })

function payTool(effect: EffectClass) {
  return declareTool<{ to: string }, string>({
    name: 'pay',
    description: 'Pays.',
    input,
    output: z.string(),
    effect,
    retry: { attempts: 3, firstDelayMs: 10, maxDelayMs: 100 },
  })
}

/** Pays once and ends; where it is in doubt it asks a person, or, `again`, simply pays again. */
export function payer(
  effect: EffectClass,
  whenInDoubt: 'stop' | 'again' = 'stop',
): AgentDefinition {
  const machine = setup({
    actors: { pay: toolActor(payTool(effect)) },
    guards: { inDoubt },
  }).createMachine({
    id: 'payer',
    version: '1',
    initial: 'idle',
    states: {
      idle: { on: { GO: 'paying', LEAVE: 'ended' }, after: { 1000: 'ended' } },
      paying: {
        invoke: {
          id: 'pay',
          src: 'pay',
          input: { to: 'ann' },
          onDone: 'paid',
          onError: [
            { guard: 'inDoubt', target: whenInDoubt === 'stop' ? 'unclear' : 'retrying' },
            { target: 'failed' },
          ],
        },
      },
      retrying: { always: 'paying' },
      paid: { type: 'final' },
      unclear: { type: 'final' },
      failed: { type: 'final' },
      ended: { type: 'final' },
    },
  })
  return defineAgent({ machine }) as AgentDefinition
}

export const bank: ToolModel<Bank> = {
  execute: ({ outside, input: given }) => {
    const { to } = given as { to: string }
    return [{ output: 'paid', outside: { ...outside, [to]: (outside[to] ?? 0) + 1 } }]
  },
}

export const goes: Outsider = {
  name: 'user',
  to: 'payer/p',
  events: ({ snapshot }) =>
    snapshot.value === 'idle'
      ? [{ event: { type: 'GO' }, isExpected: true }, { event: { type: 'LEAVE' } }]
      : [],
}

export function payingWorld(
  definition: AgentDefinition,
  options: Partial<World<Bank>> & { properties: readonly Property<Bank>[] },
): World<Bank> {
  return {
    name: 'paying',
    agents: [{ definition, id: 'p' }],
    outside: {},
    tools: { pay: bank },
    outsiders: [goes],
    ...options,
  }
}

const ask = declareDecision<object, { type: 'MORE' } | { type: 'ENOUGH' }>({
  name: 'ask',
  input: z.object({}),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('MORE') }),
    z.object({ type: z.literal('ENOUGH') }),
  ]) as never,
})

/** Asks again as long as the model says so: nothing bounds it. */
export function asker(): AgentDefinition {
  const machine = setup({ actors: { ask: decisionActor(ask) } }).createMachine({
    id: 'asker',
    version: '1',
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          id: 'ask',
          src: 'ask',
          input: {},
          onDone: { actions: raise(({ event }) => event.output as never) },
          onError: 'ended',
        },
        on: { MORE: { target: 'asking', reenter: true }, ENOUGH: 'ended' },
      },
      ended: { type: 'final' },
    },
  })
  return defineAgent({ machine }) as AgentDefinition
}
