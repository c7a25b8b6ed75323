import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playOnRuntime } from '../../src/cli/play-trace.ts'
import type { Property, View } from '../../src/proof/properties.ts'
import {
  agentInvariant,
  broken,
  everyExpectedEventIsTaken,
  invariant,
  monitor,
  noAgentFails,
  noUnhandledEvent,
  onceAtMostOnce,
  settles,
} from '../../src/proof/properties.ts'
import { prove } from '../../src/proof/prove.ts'
import { playOnModel } from '../../src/proof/trace-model.ts'
import type { Trace } from '../../src/proof/trace.ts'
import { decodeTrace } from '../../src/proof/trace.ts'
import type { World } from '../../src/proof/world.ts'
import { toBytes } from '../../src/contracts/json.ts'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import { kindOf } from './trace-walker.ts'
import type { Bank } from './trace-worlds.ts'
import { bankWorld, shopWorld, waiterWorld } from './trace-worlds.ts'

const paidTwice = invariant<Bank>('pays once', ({ outside }) => outside.paid < 2 || 'it paid twice')

/** No agent of the world is ever in this state. */
function neverIn<Outside>(state: string): Property<Outside> {
  return invariant(`never ${state}`, ({ agents }: View<Outside>) => {
    const values = [...agents.values()].map(({ snapshot }) => JSON.stringify(snapshot.value))
    return values.every((value) => !value.includes(state)) || `an agent is ${state}`
  })
}

const orphaned = monitor<Bank, null>('nothing is paid for nobody', {
  initial: null,
  of: ['executed'],
  next: (state, one) =>
    one.kind === 'executed' && one.isOrphan ? broken('it paid when nobody waited') : state,
})

const rememberedTwice = monitor<null, null>('remembers once', {
  initial: null,
  of: ['executed'],
  next: (state, one) =>
    one.kind === 'executed' && one.tool === 'remember' && one.count > 1 ? broken('twice') : state,
})

const boughtNothing = monitor<null, null>('never buys', {
  initial: null,
  of: ['emitted'],
  next: (state, one) => (one.kind === 'emitted' ? broken(one.event.type) : state),
})

const atRest = settles<null>({
  mayRest: ({ agents }) => agents.get('waiter/w')?.snapshot.value === 'idle',
})
const mayLoop = settles<null>({
  mayLoop: true,
  mayRest: ({ agents }) => agents.get('waiter/w')?.snapshot.value === 'idle',
})

/** A world with a defect, and a kind of move that its counterexample needs. */
const defects: readonly [title: string, world: World<never>, needs: string][] = (
  [
    ['a read fails', bankWorld('read', {}, [neverIn('failed')]), 'execute fails'],
    ['a call is not admitted', bankWorld('once', {}, [neverIn('refused')]), 'refuse'],
    [
      'an answer is lost and the key is ignored',
      bankWorld('idempotent', {}, [paidTwice], { ignoresKey: true }),
      'call timer xstate.after.backoff.tool-call.backingOff',
    ],
    [
      'a worker dies and the key is ignored',
      bankWorld('idempotent', { crashes: 1, attempts: 1 }, [paidTwice], { ignoresKey: true }),
      'crash after it took effect',
    ],
    [
      'a call comes twice and the key is ignored',
      bankWorld('idempotent', { duplicates: 1, attempts: 1 }, [paidTwice], { ignoresKey: true }),
      'redeliver',
    ],
    [
      'a once call that hangs cannot be reconciled',
      bankWorld('once', {}, [neverIn('unsure')], { reconciles: false }),
      'execute hangs',
    ],
    ['a once call hangs', bankWorld('once', {}, [neverIn('unsure')]), 'call reconciled: unknown'],
    [
      'a once call takes effect when it was given up',
      bankWorld('once', { delays: 1 }, [onceAtMostOnce()]),
      'late',
    ],
    ['an agent gives up before its call is executed', bankWorld('once', {}, [orphaned]), 'timer'],
    ['nobody decides', shopWorld([neverIn('helped')]), 'abstain'],
    ['a decision has an effect', shopWorld([boughtNothing]), 'decide'],
    [
      'the process of an agent dies after an effect',
      shopWorld([rememberedTwice]),
      'crash in the process of its agent, after it took effect',
    ],
    ['a child writes twice', shopWorld([neverReadyTwice()]), 'take'],
    ['a copy is not taken', shopWorld([noUnhandledEvent({ except: ['STOP', 'READY'] })]), 'send'],
    ['an event is not expected', shopWorld([everyExpectedEventIsTaken()]), 'send'],
    ['a wait without a way out', waiterWorld('WAIT', [atRest]), 'send'],
    ['a round without an end', waiterWorld('TURN', [atRest]), 'send'],
    ['a round without a way out', waiterWorld('TURN', [mayLoop]), 'send'],
    ['a guard throws', waiterWorld('BREAK', [noAgentFails()]), 'send'],
  ] as const
).map(([title, world, needs]) => [title, world as unknown as World<never>, needs])

function neverReadyTwice(): Property<null> {
  return agentInvariant('shop', 'is ready once', ({ snapshot }) => {
    return (snapshot.context['ready'] as number) < 2 || 'it was ready twice'
  })
}

describe('the counterexample of a seeded defect', () => {
  let fixture: BrokerFixture
  beforeAll(async () => {
    fixture = await temporaryBroker()
  })
  afterAll(() => fixture.remove())

  test.each(defects)('%s', async (_title, world, needs) => {
    const trace = await counterexample(world)
    expect(trace.moves.map(kindOf)).toContain(needs)
    const onModel = playOnModel(world, trace)
    expect(onModel).toMatchObject({ isBroken: true, reason: trace.reason })
    const onTwin = await playOnRuntime(world, trace)
    expect(onTwin).toMatchObject({ isBroken: true, property: trace.property })
    const { url: broker } = fixture.broker
    const onNats = await playOnRuntime(world, trace, { on: 'nats', broker })
    expect(onNats).toMatchObject({ isBroken: true, reason: onTwin.reason })
    expect(onNats.agents).toContain(`${world.agents[0]!.definition.id}/${world.agents[0]!.id}`)
  })
})

/** The shortest trace of the first violation, as it comes out of a file. */
async function counterexample(world: World<never>): Promise<Trace> {
  const { violations } = await prove(world, { maxStates: 50_000 })
  return decodeTrace(toBytes(violations[0]!.trace))
}
