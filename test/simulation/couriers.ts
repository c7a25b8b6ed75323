import type { Client } from '../../src/actors/client.ts'
import type { Operator } from '../../src/actors/operator.ts'
import { defineService } from '../../src/actors/service.ts'
import type { Address } from '../../src/contracts/address.ts'
import type { Effect } from '../../src/contracts/effect.ts'
import { effectIdentity } from '../../src/contracts/effect.ts'
import {
  Bug,
  courierAgent,
  courierTools,
  errandAgent,
  fragileAgent,
  gluttonAgent,
  ledgerAgent,
  Outside,
} from './courier-agents.ts'
import type { Journals } from './journals.ts'
import { readJournals } from './journals.ts'
import { insist } from './insist.ts'
import type { Result, Scenario } from './simulation.ts'
import type { Weather } from './weather.ts'

const weekMs = 7 * 24 * 3_600_000
/** Two of them fit into a record, three do not. */
const mealCharacters = 350_000
const numbers = [1, 2, 3, 4]

type CourierWork = Pick<Weather, 'couriers' | 'rounds' | 'feeds' | 'repairs'>

/**
 * Couriers that call an idempotent tool and a `once` tool, send to a shared ledger and hear back,
 * run child agents, wait for timers and note facts: every kind of effect, round after round.
 */
export class Couriers implements Scenario {
  /** The fragile one is left out: folded again, its repaired code would not throw. */
  readonly agents = [courierAgent, ledgerAgent, errandAgent, gluttonAgent]
  readonly outside = new Outside()
  readonly processes
  private readonly couriers: number
  private readonly rounds: number
  private readonly feeds: boolean
  private readonly repairs: boolean
  private readonly bug = new Bug()
  private readonly fragile = fragileAgent(this.bug)

  constructor({ couriers, rounds, feeds, repairs }: CourierWork) {
    this.couriers = couriers
    this.rounds = rounds
    this.feeds = feeds
    this.repairs = repairs
    const { outside } = this
    const agents = [...this.agents, ...(repairs ? [this.fragile] : [])]
    const host = (name: string) => ({
      name,
      service: () => defineService(name, () => ({ agents })),
    })
    const tools = (name: string) => ({
      name,
      service: (at: (label: string) => Promise<void>) =>
        defineService(name, () => ({ tools: courierTools(outside, at) })),
    })
    this.processes = [host('agents-a'), host('agents-b'), tools('tools-a'), tools('tools-b')]
  }

  async drive(client: Client, operator: Operator): Promise<void> {
    await insist(() => client.start(ledgerAgent, { id: 'main' }))
    const ids = Array.from({ length: this.couriers }, (_, index) => `c${index + 1}`)
    const work = ids.map(async (id) => {
      const input = { id, rounds: this.rounds }
      const ref = await insist(() => client.start(courierAgent, { id, input }))
      await ref.output({ timeoutMs: weekMs })
    })
    if (this.feeds) work.push(this.feed(client))
    if (this.repairs) work.push(this.repair(client, operator))
    await Promise.all(work)
  }

  /** An agent fails with mail behind it; the bug is mended, the operator resumes it. */
  private async repair(client: Client, operator: Operator): Promise<void> {
    const ref = await insist(() => client.start(this.fragile, { id: 'f' }))
    for (const n of numbers) {
      await insist(() => ref.send({ type: 'NOTE', n }, { id: `note-${n}` }))
    }
    const options = { timeoutMs: weekMs }
    await client.waitFor(ref.address, ({ status }) => status === 'error', options)
    this.bug.isThere = false
    // Whoever resumes may be interrupted anywhere, and begins again.
    await insist(() => operator.resume(ref.address, options))
    const hasAll = (seen: unknown): boolean => (seen as number[]).length >= numbers.length
    await client.waitFor(ref.address, ({ context }) => hasAll(context['seen']), options)
    await insist(() => ref.send({ type: 'END' }, { id: 'end' }))
    await ref.output(options)
  }

  private async feed(client: Client): Promise<void> {
    const ref = await insist(() => client.start(gluttonAgent, { id: 'g' }))
    for (const letter of ['a', 'b', 'c']) {
      const meal = letter.repeat(mealCharacters)
      await insist(() => ref.send({ type: 'FEED', meal }, { id: `meal-${letter}` }))
    }
    await client.waitFor(ref.address, ({ status }) => status !== 'active', { timeoutMs: weekMs })
  }

  async check({ bus }: Result): Promise<string[]> {
    const { journals } = await readJournals(bus)
    return [
      ...this.sameState(journals),
      ...this.outsideOnce(journals),
      ...(this.feeds ? limited(journals) : []),
      ...(this.repairs ? repaired(journals) : []),
    ]
  }

  /** What the couriers must have come to, whatever happened on the way. */
  private sameState(journals: Journals): string[] {
    const { rounds } = this
    const found: string[] = []
    const counts = journals.get('ledger/main')?.at(-1)?.state.snapshot.context['counts'] as
      | Record<string, number>
      | undefined
    for (const [name, records] of journals) {
      if (!name.startsWith('courier/')) continue
      const { status, context } = records.at(-1)!.state.snapshot
      const { id, added, round } = context as { id: string; added: number; round: number }
      if (status !== 'done') found.push(`${name} ended as ${status}`)
      if (added !== rounds || round !== rounds) {
        found.push(`${name} made ${added} of ${rounds} rounds`)
      }
      if (counts?.[id] !== rounds) found.push(`ledger counted ${counts?.[id]} rounds of ${id}`)
    }
    return found
  }

  /** Outside, an idempotent call took effect once; a `once` call was executed at most once. */
  private outsideOnce(journals: Journals): string[] {
    const { applied, executedOnce } = this.outside
    const found: string[] = []
    const records = [...journals.values()].flat()
    const calls = (src: string): string[] =>
      records.flatMap(({ address, step, outbox }) => spawned(address, step, outbox, src))
    const asked = new Set(calls('apply'))
    for (const id of asked) {
      if (applied.get(id) !== 1)
        found.push(`idempotent: ${id} was applied ${applied.get(id)} times`)
    }
    for (const id of applied.keys()) {
      if (!asked.has(id)) found.push(`I1: ${id} was applied, but no record asked for it`)
    }
    const fired = new Set(calls('fire'))
    for (const [id, count] of executedOnce) {
      if (count > 1) found.push(`once: ${id} was executed ${count} times`)
      if (!fired.has(id)) found.push(`I1: ${id} was executed, but no record asked for it`)
    }
    return [...found, ...this.surelyDone(records)]
  }

  /** A `once` call that is told to have succeeded did happen. */
  private surelyDone(records: Journals extends ReadonlyMap<string, infer R> ? R : never): string[] {
    const found: string[] = []
    for (const { event, state, address } of records) {
      if (event.kind !== 'done' || event.childId !== 'fire') continue
      const identity = state.children['fire']?.identity
      if (identity === undefined || this.outside.executedOnce.has(identity)) continue
      found.push(`once: ${address.id} was told that ${identity} happened, and it did not`)
    }
    return found
  }
}

function spawned(address: Address, step: number, outbox: readonly Effect[], src: string): string[] {
  return outbox.flatMap((effect, index) =>
    effect.kind === 'spawn' && effect.src === src ? [effectIdentity(address, step, index)] : [],
  )
}

/** I9: whoever grows too much ends with a typed error, and nobody else does. */
function limited(journals: Journals): string[] {
  const snapshot = journals.get('glutton/g')?.at(-1)?.state.snapshot
  const isLimited = snapshot?.status === 'error' && snapshot.error?.code === 'limit'
  return isLimited ? [] : [`I9: the glutton is ${snapshot?.status}, not ended by a bound`]
}

/** I5: an agent that failed and was resumed has taken all of its mail, once and in order. */
function repaired(journals: Journals): string[] {
  const seen = journals.get('fragile/f')?.at(-1)?.state.snapshot.context['seen']
  const isAll = JSON.stringify(seen) === JSON.stringify(numbers)
  return isAll ? [] : [`I5: the fragile one noted ${JSON.stringify(seen)}`]
}
