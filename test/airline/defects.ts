import type { AnyStateMachine } from 'xstate'
import { assign, createMachine } from 'xstate'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { inDoubt } from '../../src/actors/in-doubt.ts'
import { toolActor } from '../../src/actors/source.ts'
import { airlineTools } from '../../examples/airline-desk/contracts.ts'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import { representatives } from '../../examples/airline-desk/proof/acts.ts'
import { moveOf } from '../../examples/airline-desk/contracts.ts'
import { deskWorld } from '../../examples/airline-desk/proof/world.ts'

/** A statechart's configuration, as loosely as a saboteur sees it. */
export type Config = Record<string, unknown> & {
  states?: Record<string, Config>
  always?: object[]
  on?: Record<string, unknown>
  after?: object
}

type Implementations = Record<'actions' | 'guards' | 'actors' | 'delays', object>

/** A copy of the desk with another configuration or other implementations. */
export function alteredDesk(
  change: (config: Config) => Config,
  own: Partial<Implementations> = {},
): AgentDefinition {
  const given = deskMachine.implementations as unknown as Implementations
  const implementations = Object.fromEntries(
    Object.entries(given).map(([kind, all]) => [kind, { ...all, ...own[kind as 'guards'] }]),
  )
  const config = change(deskMachine.config as unknown as Config)
  const machine = createMachine(config as never, implementations as never)
  return defineAgent({ machine: machine as unknown as AnyStateMachine }) as AgentDefinition
}

/** The configuration with the state at this path changed. */
export function at(config: Config, path: string, change: (state: Config) => Config): Config {
  const [first, ...rest] = path.split('.')
  const below = config.states![first!]!
  const changed = rest.length === 0 ? change(below) : at(below, rest.join('.'), change)
  return { ...config, states: { ...config.states, [first!]: changed } }
}

const moves = [
  { type: 'REPLY' as const, text: 'How can I help?' },
  ...representatives.map(({ act }) => moveOf(act)),
]

interface Defect {
  agent: () => AgentDefinition
  /** The property that breaks. */
  property: string
}

/** What may go wrong when a desk like this is built, each in one place. */
export const defects: Readonly<Record<string, Defect>> = {
  'a guard is missing: a rule of the policy is not asked': {
    agent: () =>
      alteredDesk((config) =>
        at(config, 'checkingPolicy.cancelling', (state) => ({
          ...state,
          always: state.always!.filter(
            (branch) => (branch as { guard?: unknown }).guard !== 'cancel-not-refundable',
          ),
        })),
      ),
    property: 'no write that the policy forbids',
  },
  'the in-doubt branch is missing: a call that may have happened is made again': {
    agent: () =>
      alteredDesk(
        (config) =>
          at(config, 'executing.update_reservation_baggages', (state) => ({
            ...state,
            invoke: {
              ...(state['invoke'] as object),
              onError: [
                { guard: 'rejectedByTool', target: '#refusing', actions: 'noteToolRefusal' },
                // It says so, and treats it as a failure like any other.
                { guard: 'inDoubt', target: '#executing' },
                { target: '#handingOver', actions: 'noteToolFailure' },
              ],
            },
          })),
        {
          guards: { inDoubt },
          actors: {
            update_reservation_baggages: toolActor({
              ...airlineTools['update_reservation_baggages']!,
              effect: 'once',
            }),
          },
        },
      ),
    property: 'no write without matching confirmation',
  },
  'a wait has no timeout': {
    agent: () =>
      alteredDesk((config) =>
        at(config, 'confirming', ({ after: _after, ...state }) => state as Config),
      ),
    property: 'always ends or waits for a person',
  },
  'a confirmation is not bound to the effect': {
    agent: () =>
      alteredDesk((config) => config, {
        guards: {
          agreed: ({ context }: { context: { agreed: string | null } }) => context.agreed !== null,
        },
        actions: { forgetAct: assign({ act: null, facts: null, confirmation: null }) },
      }),
    property: 'no write without matching confirmation',
  },
  'an event is lost: nobody takes it where it comes': {
    agent: () =>
      alteredDesk((config) =>
        at(config, 'confirming', (state) => {
          const { LEAVE: _leave, ...on } = state.on!
          return { ...state, on }
        }),
      ),
    property: 'every expected event is taken',
  },
}

/** The world of the desk with another desk in it; what only looks things up is left out. */
export function worldOf(agent: AgentDefinition): ReturnType<typeof deskWorld> {
  const world = deskWorld({ agent, moves })
  return { ...world, bounds: { crashes: 0, duplicates: 0 } }
}
