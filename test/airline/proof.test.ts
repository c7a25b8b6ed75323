import { describe, expect, test } from 'vitest'
import { checkAbstractions } from '../../src/proof/abstraction-check.ts'
import { prove } from '../../src/proof/prove.ts'
import { playOnRuntime } from '../../src/cli/play-trace.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import { deskAbstraction } from '../../examples/airline-desk/proof/abstraction.ts'
import { noChanges } from '../../examples/airline-desk/domain/database.ts'
import { deskWorld } from '../../examples/airline-desk/proof/world.ts'
import { initialContext } from '../../examples/airline-desk/desk-context.ts'
import type { DeskContext } from '../../examples/airline-desk/desk-context.ts'
import { defects, worldOf } from './defects.ts'

const soundDesk = deskAgent as AgentDefinition

/** What no run of the desk takes, and why. */
const untaken = [
  // Whatever passes the policy is a write that the desk knows.
  'airline-desk.executing.choosing | always[6] -> refusing',
]

describe('the whole desk', () => {
  test('is proved when nothing fails', { timeout: 120_000 }, async () => {
    const result = await prove({ ...deskWorld(), bounds: { crashes: 0, duplicates: 0 } })
    expect(result.violations).toEqual([])
    expect(result.complete).toBe(true)
    const desk = result.machines.find(({ id }) => id === 'airline-desk')!
    expect(desk.untakenTransitions).toEqual(untaken)
  })

  // With more than one write `npm run prove` takes half a minute.
  test(
    'is proved up to its first write with a crash and a duplicate anywhere',
    { timeout: 120_000 },
    async () => {
      const within = ({ outside }: { outside: object }): boolean =>
        JSON.stringify(outside) === JSON.stringify(noChanges())
      const whole = deskWorld()
      // What comes after a write is not looked at, so not every state is reached.
      const properties = whole.properties.filter(({ kind }) => kind !== 'reached')
      const bounds = { crashes: 1, duplicates: 1 }
      const world = { ...whole, properties, within, bounds }
      const result = await prove(world)
      expect(result.violations).toEqual([])
      expect(result.complete).toBe(true)
    },
  )

  test('has abstractions that leave nothing out', () => {
    const world = deskWorld()
    // How many moves a turn has is bounded, not abstracted: here it is kept as it is.
    const context = (so: DeskContext, state: never): object => {
      const small = deskAbstraction.context(so as never, state) as DeskContext
      return { ...small, movesThisTurn: small.movesThisTurn === 0 ? 0 : so.movesThisTurn }
    }
    const exact = { 'airline-desk': { ...deskAbstraction, context: context as never } }
    expect(checkAbstractions({ ...world, abstractions: exact }, { walks: 400 })).toEqual([])
    const blind = { 'airline-desk': { context: () => initialContext({ branch: 'proof' }) } }
    const found = checkAbstractions({ ...world, abstractions: blind }, { walks: 50 })
    expect(found.map(({ what }) => what)).toContain('state')
  })
})

describe('a desk with a defect', () => {
  test.each(Object.keys(defects))('%s', { timeout: 120_000 }, async (name) => {
    const { agent, property } = defects[name]!
    // Some break other properties too, which may show earlier.
    const { violations } = await prove(worldOf(agent()), { maxStates: 30_000 })
    const found = violations.find((one) => one.property === property)
    expect(found).toBeDefined()
    expect(found!.trace.moves.length).toBeLessThanOrEqual(15)
    // The same on the production runtime, over a real broker.
    const played = await playOnRuntime(worldOf(agent()), found!.trace, { on: 'nats' })
    expect(played).toMatchObject({ isBroken: true, property })
    const repaired = await playOnRuntime(worldOf(soundDesk), found!.trace, { on: 'nats' })
    expect(repaired.isBroken).toBe(false)
  })
})
