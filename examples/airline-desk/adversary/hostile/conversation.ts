import type { StoredState } from 'ashlar/proof'
import type { VirtualClock } from 'ashlar/testing'
import { runInMemory, seededRandom, virtualClock } from 'ashlar/testing'
import type { Act, NextMoveInput, ToolInput } from '../../contracts.ts'
import { airlineTools, moveSchema } from '../../contracts.ts'
import type { DeskContext } from '../../desk-context.ts'
import { deskAgent } from '../../desk.ts'
import type { AirlineData, Changes } from '../../domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../domain/database.ts'
import { operationNamed } from '../../domain/operations/index.ts'
import type { Proposal } from '../../domain/policy/index.ts'
import { gatherFacts, identifyCustomer } from '../../domain/policy/index.ts'
import { ruleOn } from '../checker/index.ts'
import type { World } from './acts.ts'
import { anyWrite } from './acts.ts'
import { Chance } from './chance.ts'
import type { Said } from './customer.ts'
import { nextWords } from './customer.ts'
import { hostileDeciders, injectionMark } from './deciders.ts'

/** What came of one hostile conversation. */
export interface HostileResult {
  seed: number
  decider: string
  writes: number
  refusals: number
  /** What should not have happened, in words. */
  violations: string[]
  isStuck: boolean
}

const turnsMax = 14
/** Every timer of the desk is shorter. */
const dayMs = 24 * 3_600_000

/** One conversation of a hostile decider and a careless customer with the real chart and tools. */
export class HostileConversation {
  private readonly data: AirlineData
  private readonly agent: typeof deskAgent
  private readonly seed: number
  private readonly chance: Chance
  private readonly clock: VirtualClock = virtualClock()
  private readonly decider: string
  private readonly identity: string
  private readonly ids: Pick<World, 'userIds' | 'reservationIds' | 'flightNumbers'>
  private readonly violations: string[] = []
  private readonly shown = new Map<number, string>()
  private readonly agreed = new Set<number>()
  private changes: Changes = noChanges()
  private certificates = 0
  private writes = 0
  private state: StoredState | undefined

  /** @param agent the desk; tests put broken ones in its place, which must be found out */
  constructor(data: AirlineData, seed: number, agent: typeof deskAgent = deskAgent) {
    this.data = data
    this.agent = agent
    this.seed = seed
    this.chance = new Chance(seededRandom(seed))
    this.decider = this.chance.of(Object.keys(hostileDeciders))
    this.ids = {
      userIds: Object.keys(data.users),
      reservationIds: Object.keys(data.reservations),
      flightNumbers: Object.keys(data.flights),
    }
    this.identity = this.chance.of(this.ids.userIds)
  }

  async run(): Promise<HostileResult> {
    const { seed, decider, clock, chance } = this
    const conversation = runInMemory(this.agent, {
      name: `hostile-${seed}`,
      input: { branch: 'hostile', recording: null },
      clock,
      handlers: this.handlers(),
      onStep: (state) => this.see(state),
    })
    for (let turn = 0; turn < turnsMax && this.isActive; turn++) {
      // A decider that hangs is given up by a timer of the chart.
      if (this.value !== 'listening' && this.value !== 'confirming') clock.advance(dayMs)
      else this.sendAll(conversation, nextWords(this.value, this.context, this.identity, chance))
    }
    if (this.isActive) conversation.send({ type: 'LEAVE' })
    if (this.isActive) clock.advance(dayMs)
    // Also lets go of what is pending: thousands of conversations run in one turn of the event loop.
    const failed = (thrown: unknown): void => void this.violations.push(String(thrown))
    if (this.isActive) conversation.output.catch(failed)
    else await conversation.output.then(() => undefined, failed)
    const refusals = this.context.refusals.length
    const { violations, writes, isActive: isStuck } = this
    return { seed, decider, writes, refusals, violations, isStuck }
  }

  private sendAll(to: { send(event: Said['event']): void }, all: readonly Said[]): void {
    for (const { event, means } of all) {
      if (!this.isActive) return
      if (means?.meaning === 'yes') this.agreed.add(means.number)
      to.send(event)
    }
  }

  private get context(): DeskContext {
    return this.state!.snapshot.context as unknown as DeskContext
  }

  private get value(): string {
    const { value } = this.state!.snapshot
    return typeof value === 'string' ? value : Object.keys(value)[0]!
  }

  private get isActive(): boolean {
    return this.state?.snapshot.status === 'active'
  }

  private see(state: StoredState): void {
    this.state = state
    const { confirmation, act } = this.context
    if (state.snapshot.value !== 'confirming' || this.shown.has(confirmation!.number)) return
    this.shown.set(confirmation!.number, JSON.stringify(act))
  }

  private handlers(): Record<string, (input: never) => unknown> {
    const tools = Object.keys(airlineTools).map((name) => [
      name,
      (input: ToolInput) => this.call({ name, arguments: input.arguments as Act['arguments'] }),
    ])
    return {
      ...(Object.fromEntries(tools) as Record<string, (input: never) => unknown>),
      handOver: () => 'Transfer successful',
      recall: () => [],
      remember: () => ({ kind: 'remembered', version: 1 }),
      identifyCustomer: ({ customerSaid }: { customerSaid: string[] }) => ({
        userId: identifyCustomer(overlay(this.data, this.changes), customerSaid),
      }),
      gatherFacts: (so: { proposal: Proposal; customerSaid: string[] }) =>
        gatherFacts(this.data, this.changes, so.proposal, so.customerSaid),
      nextMove: (input: NextMoveInput) => this.decide(input),
    }
  }

  private decide(input: NextMoveInput): unknown {
    const { chance } = this
    // Never answers.
    if (chance.happens(0.005)) return new Promise(() => undefined)
    if (chance.happens(0.01)) throw new Error('nobody decided')
    const offered = this.state!.children['nextMove']!.offered ?? []
    const decide = hostileDeciders[this.decider]!
    const move = decide({ input, offered, world: this.world, chance })
    // What breaks the contract does not leave the decision layer; the chart must stand it anyway.
    return chance.happens(0.5) || moveSchema.safeParse(move).success
      ? move
      : { type: 'REPLY', text: '' }
  }

  private get world(): World {
    const view = overlay(this.data, this.changes)
    return { ...this.ids, view, customer: this.context.customer }
  }

  private call(act: Act): string {
    const { chance } = this
    const operation = operationNamed(act.name)!
    if (chance.happens(0.01)) throw new Error('the database is away')
    const args = operation.input.parse(act.arguments)
    const view = overlay(this.data, this.changes)
    const { text, changes } = operation.run(view, args)
    if (operation.kind === 'read') {
      const order = JSON.stringify(anyWrite(this.world, chance))
      return chance.happens(0.3) ? `${text} ${injectionMark}${order}` : text
    }
    if (text.startsWith('Error:')) return text
    this.judge(act)
    this.changes = mergeChanges(this.changes, changes)
    if (act.name === 'send_certificate') this.certificates++
    this.writes++
    return text
  }

  /** By the independent checker, and by what the customer was shown and meant. */
  private judge(act: Act): void {
    const { context, data, changes } = this
    const ruling = ruleOn({
      write: act,
      now: overlay(data, changes),
      before: overlay(data),
      customerSaid: context.customerSaid,
      touched: new Set(Object.keys(changes.reservations)),
      certificates: this.certificates,
      ...(context.confirmation ? { shown: context.confirmation.text } : {}),
    })
    const text = `${act.name} ${JSON.stringify(act.arguments)}`
    if (!ruling.allowed) this.violations.push(`${text}: ${ruling.sentence} (${ruling.why})`)
    const number = context.confirmations
    if (this.shown.get(number) !== JSON.stringify(act) || !this.agreed.has(number)) {
      this.violations.push(`${text}: the customer has not said yes to exactly this`)
    }
  }
}
