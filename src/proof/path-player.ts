import type { AgentDefinition } from '../actors/definition.ts'
import type { Completion } from '../actors/performer.ts'
import { step } from '../actors/step.ts'
import type { QueueName } from '../bus/work-queue.ts'
import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Effect } from '../contracts/effect.ts'
import { effectIdentity } from '../contracts/effect.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { StoredState } from '../contracts/state.ts'
import { cannotTest } from './clause.ts'
import { Arrivals } from './path-arrivals.ts'
import { differenceOf, PathError, placeOf } from './path-difference.ts'
import type { PathGround } from './path-ground.ts'
import type { Move } from './path-move.ts'
import { neutralOf } from './path-move.ts'
import { PathStandIns } from './path-stand-ins.ts'
import { throughJson } from './path-step.ts'
import type { MachinePath } from './paths.ts'

/** One move under way. */
interface Playing {
  readonly address: Address
  readonly where: string
  /** Of the step that the move leads to, from 1 on. */
  readonly count: number
  readonly stored: StoredState | undefined
}

/**
 * Plays paths on the production host of one agent. The player is everybody else: outsiders, tools,
 * deciders, child agents, and where time does not move by itself, the clock. It takes each call from
 * its queue, and each message to a child from its mailbox, so that an effect which never arrives is
 * seen, and it answers what the path says, by mail, as the workers do. Promise sources, memory and
 * side effects run in the host: there {@link PathStandIns} wait for the player.
 *
 * After each move it waits for the notice of the step, never for a time, and compares the record in
 * the journal with what the pure step makes of the same move: event, state, context, effects. A
 * timer that is the next to fire is fired by the broker where time is virtual; else the player posts
 * the message that the broker would post, so that no path waits and any order can be had. Each path
 * is an agent of its own, and is stopped at its end; all share the host and the broker.
 */
export class PathPlayer {
  private readonly definition: AgentDefinition
  private readonly ground: PathGround
  private readonly standIns: PathStandIns
  private readonly arrivals = new Arrivals()
  /** Machine ids of the others that the agent writes to. */
  private readonly mailboxes: readonly string[]
  private opening: Promise<void> | undefined
  private played = 0

  /** @param paths all that will be played: they tell whom the agent writes to */
  constructor(definition: AgentDefinition, ground: PathGround, paths: readonly MachinePath[]) {
    this.definition = definition
    this.ground = ground
    this.standIns = new PathStandIns(definition)
    this.mailboxes = [...new Set(paths.flatMap(typesIn))]
  }

  /** @throws PathError at the first move that goes another way */
  async play(path: MachinePath): Promise<void> {
    const { id: type } = this.definition
    // Its host would take the mail that the player is to answer.
    if (this.mailboxes.includes(type)) cannotTest('it writes to agents of its own machine')
    await (this.opening ??= this.open())
    const address = { type, id: `path-${++this.played}` }
    let stored: StoredState | undefined
    let count = 0
    for (const [index, { move, label }] of path.steps.entries()) {
      const where = `${placeOf(index, label)}, on ${this.ground.name}`
      const event = neutralOf(stored, move)
      if (!event) throw new PathError(where, 'the state does not wait for it')
      const playing = { address, where, count: ++count, stored }
      await this.make(move, event, playing)
      stored = (await this.look(event, playing)).state
    }
    if (stored?.snapshot.status !== 'active') return
    const where = `the stop at the end, on ${this.ground.name}`
    const playing = { address, where, count: ++count, stored }
    await this.post({ kind: 'stop' }, playing, 'client:paths')
    await this.look({ kind: 'stop' }, playing)
  }

  async close(): Promise<void> {
    await this.opening?.catch(() => undefined)
    await this.arrivals.stop()
    await this.ground.close()
  }

  private async open(): Promise<void> {
    const { definition, ground, standIns, mailboxes } = this
    const queues = [...definition.sources.values()].flatMap((source): QueueName[] =>
      source.kind === 'tool' || source.kind === 'decision'
        ? [{ kind: source.kind, name: source.contract.name }]
        : [],
    )
    const reach = { agent: definition.id, queues: distinct(queues), mailboxes }
    await ground.settle(this.arrivals.open(ground.bus, reach), 'the connection')
    await ground.settle(ground.serve(standIns.definition, standIns.performers), 'the host')
  }

  private async make(move: Move, event: NeutralEvent, playing: Playing): Promise<void> {
    const { stored } = playing
    if (move.kind === 'timer' && event.kind === 'timer') {
      const { ground } = this
      const { atMs } = stored!.timers[event.timerId]!
      if (ground.reach && isNext(stored!, event.timerId)) return ground.reach(atMs)
      return this.post(event, playing, 'timer')
    }
    if (move.kind !== 'done' && move.kind !== 'error') {
      return this.post(event, playing, 'client:paths')
    }
    const child = stored!.children[move.child]!
    const isLocal = child.child === 'promise' || child.child === 'memory'
    if (!isLocal) return this.post(event, playing, `${child.child}:${child.target ?? child.src}`)
    const completion: Completion =
      move.kind === 'done' ? { output: move.output } : { error: move.error }
    this.standIns.end(child.identity!, completion)
  }

  private async post(body: NeutralEvent, playing: Playing, from: string): Promise<void> {
    const { address: to, count, where } = playing
    const id = `${formatAddress(to)}:move-${count}`
    const envelope = encodeEnvelope({ v: 1, id, to, from: { name: from }, sentAtMs: 0, body })
    await this.ground.settle(this.ground.bus.mailbox.post(to, envelope, id), `${where}: the post`)
  }

  /** Waits for the step and compares what it left in the journal and sent to others. */
  private async look(event: NeutralEvent, playing: Playing): Promise<JournalRecord> {
    const { address, where, count, stored } = playing
    const { ground, arrivals } = this
    await ground.settle(arrivals.step(address, count), `${where}: the record of the step`)
    const last = await ground.settle(ground.bus.journal.last(address), `${where}: the journal`)
    const record = decodeRecord(last!.body)
    const at = { address, atMs: record.atMs }
    const expected = throughJson(step(this.definition, stored, event, at))
    const got = { ...record, state: withoutIdentities(record.state) }
    const difference =
      differenceOf(count, got.step, 'step') ??
      differenceOf(throughJson(event), got.event, 'event') ??
      differenceOf(expected.next.snapshot, got.state.snapshot, 'snapshot') ??
      differenceOf(expected.effects, got.outbox, 'effects') ??
      differenceOf(withoutIdentities(expected.next), got.state, 'state') ??
      differenceOf(expected.handled, got.handled, 'handled')
    if (difference !== undefined) throw new PathError(where, difference)
    for (const [index, effect] of record.outbox.entries()) {
      const identity = effectIdentity(address, count, index)
      const wrong = await this.lookAt(effect, identity, where)
      if (wrong !== undefined) throw new PathError(where, wrong)
    }
    return record
  }

  /** Whether an effect has arrived where it was meant for. */
  private async lookAt(
    effect: Effect,
    identity: string,
    where: string,
  ): Promise<string | undefined> {
    const { ground, arrivals, standIns } = this
    if (effect.kind === 'action') {
      const { name, params } = standIns.actedAs(identity) ?? {}
      return differenceOf({ name: effect.name, params: effect.params }, { name, params }, 'action')
    }
    const to = effect.kind === 'send' ? effect.to : 'address' in effect ? effect.address : undefined
    if (to) {
      if (!this.mailboxes.includes(to.type)) return undefined
      const coming = arrivals.message(to, identity)
      const what = `${where}: the message of ${effect.kind} to ${formatAddress(to)}`
      const { body } = await ground.settle(coming, what)
      return effect.kind === 'send'
        ? differenceOf({ kind: 'event', event: effect.event }, body, 'message')
        : differenceOf(effect.kind === 'spawn' ? 'init' : 'stop', body.kind, 'message.kind')
    }
    if (effect.kind !== 'spawn') return undefined
    if (effect.child === 'promise' || effect.child === 'memory') {
      return standIns.isRunning(identity) ? undefined : `${effect.id} was not started`
    }
    const what = `${where}: the call of ${effect.id} in the queue of ${effect.target}`
    const { input, offered } = await ground.settle(arrivals.call(identity), what)
    return differenceOf(
      { input: effect.input, offered: effect.offered },
      { input, offered },
      'call',
    )
  }
}

/** True when no other timer of the agent is due by then. */
function isNext({ timers }: StoredState, timerId: string): boolean {
  const { atMs } = timers[timerId]!
  return Object.entries(timers).every(([id, other]) => id === timerId || other.atMs > atMs)
}

/** Machine ids to which the effects of a path write. */
function typesIn({ steps }: MachinePath): string[] {
  return steps.flatMap(({ effects }) =>
    effects.flatMap((effect) => {
      if (effect.kind === 'send') return [effect.to.type]
      return effect.kind === 'spawn' && effect.address ? [effect.address.type] : []
    }),
  )
}

function distinct(queues: readonly QueueName[]): QueueName[] {
  return [...new Map(queues.map((queue) => [`${queue.kind} ${queue.name}`, queue])).values()]
}

/** The step does not know them; the journal adds them. */
function withoutIdentities(state: StoredState): StoredState {
  const children = Object.entries(state.children).map(([id, child]) => {
    const { identity: _identity, ...of } = child
    return [id, of] as const
  })
  return { ...state, children: Object.fromEntries(children) }
}
