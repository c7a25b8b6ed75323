import { expect, test } from 'vitest'
import { sendAgain } from '../../src/actors/letters.ts'
import { actorLimits } from '../../src/actors/limits.ts'
import { letterBytes } from '../../src/bus/dead-letters.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import { decodeWork } from '../../src/contracts/work.ts'
import { collect } from '../bus/harness.ts'
import type { Faults } from './faults.ts'
import { never } from './faults.ts'
import { payer, stepper } from './machines.ts'
import type { Desk } from './parts.ts'
import { deskOf } from './parts.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

/** So many deliveries before a call is given up, to keep the suite short. */
const few = 3

async function withFew(run: () => Promise<void>): Promise<void> {
  const before = actorLimits.workAttemptsMax
  Object.assign(actorLimits, { workAttemptsMax: few })
  try {
    await run()
  } finally {
    Object.assign(actorLimits, { workAttemptsMax: before })
  }
}

describeWorlds('a call that kills its workers', ['local', 'nats'], (open) => {
  const ackWaitMs = 300

  /** Starts one worker after another that dies of the call, until it is to be given up. */
  async function dieOf(world: World, deskOfDoomed: (die: () => void) => Desk) {
    for (let count = 1; count <= few; count++) {
      const died = Promise.withResolvers<void>()
      let end = (): void => undefined
      const { tools } = deskOfDoomed(() => {
        end()
        died.resolve()
      })
      const process = await world.start({ tools }, (die) => {
        end = die
        return { ackWaitMs }
      })
      await world.settle(died.promise)
      await world.crash(process)
    }
  }

  test('is dead-lettered whole, and its caller hears a failure', () =>
    withFew(async () => {
      const world = await open()
      await world.start({ agents: [stepper] })
      const ref = await world.settle(
        world.client.start(stepper, { id: 's', input: { name: 's', steps: 1 } }),
      )
      await dieOf(world, (die) =>
        deskOf({
          during() {
            die()
            return never()
          },
        }),
      )
      const healthy = deskOf()
      await world.start({ tools: healthy.tools }, { ackWaitMs })
      expect(await world.settle(ref.output())).toMatchObject({
        trail: [],
        failure: { name: 'ToolFailure', kind: 'failed', tool: 'apply', attempts: few },
      })
      expect(healthy.applied.calls.items).toEqual([])
      const [letter] = await world.settle(collect(world.bus.deadLetters.list()))
      expect(letter).toMatchObject({
        target: 'tool apply',
        reason: expect.stringMatching(/^poison: .*3 deliveries/) as string,
      })
      expect(decodeWork(letterBytes(letter!))).toMatchObject({
        id: 'stepper/s:1:0',
        input: { agent: 's', step: 1 },
        reply: { to: { type: 'stepper', id: 's' }, childId: 'apply' },
      })
      // Sent again it is made, under its own key; its caller waits no more.
      await world.settle(sendAgain(world.bus, letter!, { atMs: world.clock.now() }))
      const [call] = await world.settle(healthy.applied.calls.take(1))
      expect(call).toMatchObject({ key: 'stepper/s:1:0', input: { agent: 's', step: 1 } })
    }))

  test('of a once tool is in doubt: a worker may have paid before it died', () =>
    withFew(async () => {
      const world = await open()
      await world.start({ agents: [payer] })
      const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
      let paid = 0
      await dieOf(world, (die) => {
        const desk = deskOf({
          whilePaying() {
            paid++
            die()
            return never()
          },
        })
        // Only its first worker gets so far as to pay; the others die before.
        return paid === 0 ? desk : dyingAtOnce(desk, die)
      })
      const healthy = deskOf()
      await world.start({ tools: healthy.tools }, { ackWaitMs })
      expect(await world.settle(ref.output())).toEqual({ result: 'in doubt' })
      expect(paid).toBe(1)
      expect(healthy.paid.calls.items).toEqual([])
    }))
})

/** A worker that dies as soon as it looks at the input, before any intent is recorded. */
function dyingAtOnce(desk: Desk, die: () => void): Desk {
  const tools = desk.tools.map((tool) => ({
    ...tool,
    input: {
      safeParse() {
        die()
        return { success: false, error: { issues: [] } }
      },
    } as never,
  }))
  return { ...desk, tools }
}

describeWorlds('a mailbox that does not answer', ['local', 'nats'], (open) => {
  test('an outage is waited out: the call is neither made again nor taken for poison', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper] })
    let refusals = 0
    const faults: Faults = {
      post: (next, to) =>
        to.type === 'stepper' && ++refusals < 2 * actorLimits.unexpectedAttemptsMax
          ? Promise.reject(new UnavailableError('no answer'))
          : next(),
    }
    await world.start({ tools: desk.tools }, faults)
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 1 } }),
    )
    expect(await world.settle(ref.output())).toEqual({ trail: [1], failure: null })
    expect(desk.applied.calls.items).toHaveLength(1)
    expect(await world.deadLetters()).toEqual([])
  })
})
