import { expect, test } from 'vitest'
import { Client } from '../../src/actors/client.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { AshlarError, UnavailableError } from '../../src/contracts/error.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { counter } from './machines.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

/** A client whose reads of the journal fail as long as `failure` gives an error. */
function clientWith(world: World, failure: (read: number) => Error | undefined): Client {
  const { journal } = world.bus
  let reads = 0
  const bus: Bus = {
    ...world.bus,
    journal: {
      ...journal,
      last: (address) => {
        const error = failure(++reads)
        return error ? Promise.reject(error) : journal.last(address)
      },
    },
  }
  return new Client({ bus, clock: world.clock, ids: countingIds('other') })
}

describeWorlds('a client during an outage', ['local'], (open) => {
  const address = { type: 'counter', id: 'c' }

  test('waits it out, for a condition and for the output', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c', input: { first: 1 } }))
    const first = clientWith(world, (read) =>
      read <= 3 ? new UnavailableError('lost') : undefined,
    )
    const view = await world.settle(first.waitFor(address, ({ step }) => step === 1))
    expect(view.context).toEqual({ seen: [1] })
    await world.settle(ref.send({ type: 'FINISH' }))
    const second = clientWith(world, (read) =>
      read <= 3 ? new UnavailableError('lost') : undefined,
    )
    expect(await world.settle(second.agent(address).output())).toEqual({ seen: [1] })
  })

  test('says that there was an outage when it lasts to the end of the time', async () => {
    const world = await open()
    const client = clientWith(world, () => new UnavailableError('lost'))
    const beganMs = world.clock.now()
    const waiting = client.waitFor(address, () => true, { timeoutMs: 5_000 })
    await expect(world.settle(waiting)).rejects.toMatchObject({ message: 'lost' })
    expect(world.clock.now() - beganMs).toBe(5_000)
  })

  test('an outage that is over by then is a wait that took too long', async () => {
    const world = await open()
    const client = clientWith(world, (read) =>
      read === 1 ? new UnavailableError('lost') : undefined,
    )
    const waiting = client.waitFor(address, () => true, { timeoutMs: 5_000 })
    await expect(world.settle(waiting)).rejects.toMatchObject({ code: 'wait-timeout' })
  })

  test('what cannot get better is thrown at once, and so is the end of the connection', async () => {
    const world = await open()
    const beganMs = world.clock.now()
    const broken = clientWith(world, () => new AshlarError('unreadable', 'rotten'))
    await expect(world.settle(broken.waitFor(address, () => true))).rejects.toMatchObject({
      code: 'unreadable',
    })
    const waiting = world.client.waitFor(address, () => true)
    const closed = expect(waiting).rejects.toMatchObject({ message: 'the bus is closed' })
    await world.bus.close()
    await world.settle(closed)
    expect(world.clock.now() - beganMs).toBeLessThan(5_000)
  })
})
