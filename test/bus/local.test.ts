import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { LocalBus } from '../../src/bus/local-broker.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { busConformance } from './conformance.ts'

busConformance('local broker', () => {
  const clock = virtualClock()
  const queueMaxItems = 20
  const broker = createLocalBroker({ clock, queueMaxItems })
  return Promise.resolve({
    connect: (cell) => Promise.resolve(broker.connect(cell)),
    crash(bus) {
      ;(bus as LocalBus).drop()
      return Promise.resolve()
    },
    nowMs: () => clock.now(),
    // The turn of the event loop lets everything settle that waits for a microtask.
    passTime: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(ms)
    },
    queueMaxItems,
    close: () => Promise.resolve(),
  })
})
