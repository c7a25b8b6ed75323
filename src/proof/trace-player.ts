import { formatAddress } from '../contracts/address.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import { describeEvent } from '../contracts/event.ts'
import type { Move } from './move.ts'
import type { Occurrence } from './occurrence.ts'
import { differenceOf } from './path-difference.ts'
import type { Scene } from './scene.ts'
import { copyOf } from './scene-moves.ts'
import type { Trace } from './trace.ts'
import { TraceCallMoves } from './trace-call-moves.ts'
import type { TraceGround } from './trace-ground.ts'
import { notBroken, playedMove, roundText } from './trace-model.ts'
import type { PlayedMove, TracePlay } from './trace-play.ts'
import { atOf, DivergedError, placeOfMove } from './trace-play.ts'
import { TraceRun } from './trace-run.ts'
import type { WalkedMove } from './trace-walk.ts'
import { same, TraceWalk } from './trace-walk.ts'
import { Watch } from './trace-watch.ts'
import type { OutsideEvent, World } from './world.ts'

/**
 * Plays a trace on the real runtime: production hosts, workers, journal, mailboxes, queues and ledger
 * on the broker of a ground; the world's models stand for what is outside. It makes one move at a
 * time, waits until the journal shows what came of it, and compares where every agent is with where
 * the model says that it is. The properties are told of what really occurred.
 * @throws InputError when the world has no property of that name
 */
export async function playOnGround<State>(
  world: World<State>,
  trace: Trace,
  ground: TraceGround,
): Promise<TracePlay> {
  const player = new TracePlayer(world, trace, ground)
  try {
    return await player.play()
  } finally {
    await player.close()
  }
}

class TracePlayer<State> {
  private readonly world: World<State>
  private readonly trace: Trace
  private readonly ground: TraceGround
  private readonly watch: Watch<State>
  private readonly walk: TraceWalk<State>
  private readonly run: TraceRun<State>
  private readonly callMoves: TraceCallMoves<State>
  private readonly steps: PlayedMove[] = []
  /** Steps that the model has made, by real address. */
  private readonly counts = new Map<string, number>()
  /** Second copies of what outsiders have sent, oldest first. */
  private readonly copies: { from: string; agent: string; event: AgentEvent }[] = []
  private occurred: Occurrence<State>[] = []

  constructor(world: World<State>, trace: Trace, ground: TraceGround) {
    this.world = world
    this.trace = trace
    this.ground = ground
    this.watch = new Watch(world, trace.property)
    this.walk = new TraceWalk(world, trace)
    this.run = new TraceRun(world, trace.bounds, ground, (occurrence) => {
      this.occurred.push(occurrence)
      this.watch.note(occurrence)
    })
    this.callMoves = new TraceCallMoves(this.run, this.walk)
  }

  async play(): Promise<TracePlay> {
    const { run, walk, trace } = this
    const { scene, occurrences } = walk.opening()
    try {
      await run.open()
      await run.start()
      await this.follow(occurrences, scene)
    } catch (thrown) {
      return this.result(`the start: ${toErrorValue(thrown).message}`, 0)
    }
    const walked = walk.walk(trace.moves, scene)
    for (const [index, step] of walked.entries()) {
      const problem = await this.attempt(step)
      if (problem === undefined) continue
      return this.result(`${placeOfMove(index, step.move)}: ${problem}`, index + 1)
    }
    const next = trace.moves[walked.length]
    if (next && this.watch.broken === undefined) {
      const problem = `${placeOfMove(walked.length, next)}: the world does not allow it`
      return this.result(problem, walked.length + 1)
    }
    await this.end(walked.at(-1)?.after ?? scene)
    return this.result(notBroken(this.watch))
  }

  async close(): Promise<void> {
    await this.run.close()
  }

  /** Makes a move; says why when it cannot be made or leads elsewhere. */
  private async attempt(step: WalkedMove<State>): Promise<string | undefined> {
    this.occurred = []
    try {
      await this.make(step)
      await this.follow(step.occurrences, step.after)
    } catch (thrown) {
      return toErrorValue(thrown).message
    }
    this.steps.push(playedMove(step.move, this.run.view(), this.occurred))
    return undefined
  }

  /** For a property that everything comes to rest: whether it does. */
  private async end(last: Scene): Promise<void> {
    const { watch, run, walk, trace } = this
    const { property } = watch
    if (property.kind !== 'settles') return
    if (trace.loop) {
      const before = JSON.stringify(this.places())
      for (const step of walk.walk(trace.loop, last)) {
        if ((await this.attempt(step)) !== undefined) return
      }
      const isRound = JSON.stringify(this.places()) === before
      if (isRound) watch.broken ??= roundText(trace.loop.length)
      return
    }
    if (run.isResting) return watch.rest(run.view())
    if (property.mayLoop && walk.isTrapped(last)) watch.broken ??= trace.reason
  }

  private places(): Record<string, unknown> {
    return Object.fromEntries([...this.run.view().agents].map(([name, at]) => [name, atOf(at)]))
  }

  private result(reason: string, divergedAt?: number): TracePlay {
    const { world, trace, ground, watch, steps, run } = this
    const isBroken = watch.broken !== undefined
    return {
      world: world.name,
      property: trace.property,
      on: ground.name,
      isBroken,
      reason: watch.broken ?? reason,
      ...(isBroken || divergedAt === undefined ? {} : { divergedAt }),
      steps,
      agents: [...run.agents.all.keys()],
    }
  }

  private async make(step: WalkedMove<State>): Promise<void> {
    const { move } = step
    const { run } = this
    switch (move.do) {
      case 'send':
        return this.send(step, move)
      case 'take':
        return this.take(move)
      case 'timer':
        return run.fire(run.agents.realName(move.agent), move.timer)
      default:
        return this.callMoves.make(step, move)
    }
  }

  private async send(
    { before }: WalkedMove<State>,
    { by, to, event, twice }: Extract<Move, { do: 'send' }>,
  ): Promise<void> {
    const { run } = this
    const real = run.agents.realName(to)
    const outsider = this.world.outsiders!.find(({ name }) => name === by)!
    const eventsAt = (state: Parameters<typeof outsider.events>[0] | undefined) =>
      state ? outsider.events(state) : []
    const index = eventsAt(this.walk.stateOf(before, to)).findIndex((one) => same(one.event, event))
    // The model counts from the present; what it calls so is at the same place in the real list.
    const concrete: OutsideEvent = eventsAt(run.agents.stateOf(real))[index] ?? { event }
    if (concrete.event.type !== event.type) {
      const { type } = concrete.event
      throw new DivergedError(`${by} would send ${type} to the real ${real}, not ${event.type}`)
    }
    const { isExpected = false } = concrete
    const sent: Occurrence<State> = {
      kind: 'sent',
      by,
      to: real,
      event: concrete.event,
      isExpected,
    }
    this.occurred.push(sent)
    this.watch.note(sent)
    if (twice) this.copies.push({ from: copyOf + by, agent: to, event: concrete.event })
    run.isExpected = isExpected
    await run.send(real, concrete.event)
  }

  private async take({ agent, from, event }: Extract<Move, { do: 'take' }>): Promise<void> {
    const { run } = this
    const copy = this.copies.findIndex((one) => one.from === from && one.agent === agent)
    if (copy >= 0) {
      const [taken] = this.copies.splice(copy, 1)
      return run.send(run.agents.realName(agent), taken!.event)
    }
    const [to, sender] = [run.agents.realName(agent), run.agents.realName(from)]
    const envelope = run.agents.unpost(({ to: receiver, from: { name }, body }) => {
      if (formatAddress(receiver) !== to || name !== sender || body.kind !== event.kind)
        return false
      return body.kind !== 'event' || body.event.type === typeIn(event)
    })
    if (!envelope) throw new DivergedError(`nothing like it is under way from ${sender} to ${to}`)
    await run.hand(envelope)
  }

  /** Waits until the journal shows the steps of the model, and compares where the agents are. */
  private async follow(occurrences: readonly Occurrence<State>[], scene: Scene): Promise<void> {
    const { run, watch } = this
    for (const occurrence of occurrences) {
      if (occurrence.kind !== 'stepped') continue
      const name = run.agents.realName(occurrence.agent)
      const count = (this.counts.get(name) ?? 0) + 1
      this.counts.set(name, count)
      await run.step(name, count)
      run.agents.pair(occurrence.effects, run.agents.of(name).records[count - 1]!)
    }
    for (const [name, { records }] of run.agents.all) {
      if (records.length === (this.counts.get(name) ?? 0)) continue
      const last = describeEvent(records.at(-1)!.event)
      throw new DivergedError(`${name} made a step of which the model knows nothing: ${last}`)
    }
    await run.returnMail()
    for (const [name, { records }] of run.agents.all) this.counts.set(name, records.length)
    this.compare(scene)
    watch.look(run.view())
  }

  private compare(scene: Scene): void {
    const { agents } = this.run
    for (const [name, model] of this.walk.search.viewOf(scene).agents) {
      const state = agents.stateOf(agents.realName(name))
      const difference = differenceOf(atOf(model), state && atOf(state), name)
      if (difference !== undefined)
        throw new DivergedError(`the model expects otherwise: ${difference}`)
    }
  }
}

function typeIn(event: Extract<Move, { do: 'take' }>['event']): string {
  return event.kind === 'event' ? event.event.type : event.kind
}
