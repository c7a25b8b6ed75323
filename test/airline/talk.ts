import type { Act, Move, NextMoveInput } from '../../examples/airline-desk/contracts.ts'
import { moveSchema } from '../../examples/airline-desk/contracts.ts'
import { nextMoveOfClerk } from '../../examples/airline-desk/clerk/index.ts'
import type { DeskContext } from '../../examples/airline-desk/desk-context.ts'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import type { AirlineData, Changes } from '../../examples/airline-desk/domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { gatherFacts, identifyCustomer } from '../../examples/airline-desk/domain/policy/index.ts'
import type { Driver } from '../machines/driver.ts'
import { begin, walkOf } from '../machines/driver.ts'
import { perform } from './replay.ts'

const walk = walkOf(deskMachine)
const turnsMax = 200

/** A person at the desk, with the real chart, the real tools and the clerk, folded by hand. */
export class Talk {
  readonly moves: Move[] = []
  changes: Changes = noChanges()
  private readonly driver: Driver
  private readonly data: AirlineData

  constructor(data: AirlineData) {
    this.data = data
    this.driver = begin(walk, { branch: 'talk', recording: null })
  }

  get context(): DeskContext {
    return this.driver.context as unknown as DeskContext
  }

  /** What the desk says until it waits for the customer again, or has ended. */
  say(text: string): string {
    const { driver, context } = this
    const before = context.turn
    if (driver.value === 'confirming') {
      driver.send({ type: 'ANSWER', text, number: context.confirmation!.number })
    } else driver.send({ type: 'CUSTOMER', text, turn: before + 1 })
    return this.settle()
  }

  private settle(): string {
    for (let turn = 0; turn < turnsMax; turn++) {
      const { driver, context } = this
      if (driver.status !== 'active') return `(${(driver.output as { outcome: string }).outcome})`
      if (driver.value === 'listening') return context.reply ?? ''
      if (driver.value === 'confirming') return context.confirmation!.text
      const running = driver.children.filter((id) => driver.state.children[id]?.settled !== true)
      if (running.length !== 1) throw new Error(`the desk runs ${running.join(', ') || 'nothing'}`)
      driver.done(running[0]!, this.answer(running[0]!))
    }
    throw new Error(`the desk did not come to rest: ${JSON.stringify(this.moves.slice(-5))}`)
  }

  private answer(child: string): unknown {
    const view = overlay(this.data, this.changes)
    const input = this.driver.inputOf(child)
    if (child === 'nextMove') return this.choose(input as NextMoveInput)
    if (child === 'identifyCustomer') {
      return { userId: identifyCustomer(view, this.context.customerSaid) }
    }
    if (child === 'gatherFacts') {
      const { proposal, customerSaid } = input as { proposal: Act; customerSaid: string[] }
      return gatherFacts(this.data, this.changes, proposal, customerSaid)
    }
    if (child === 'recall') return []
    if (child === 'remember') return { kind: 'remembered', version: 1 }
    if (child === 'handOver') return 'Transfer successful'
    const { arguments: args } = input as { arguments: unknown }
    const outcome = perform(view, { name: child, arguments: args })
    this.changes = mergeChanges(this.changes, outcome.changes)
    return outcome.text
  }

  private choose(input: NextMoveInput): Move {
    const offered = this.driver.state.children['nextMove']?.offered ?? []
    const move = nextMoveOfClerk(input, offered)
    moveSchema.parse(move)
    if (!offered.includes(move.type)) throw new Error(`${move.type} was not offered`)
    this.moves.push(move)
    return move
  }
}
