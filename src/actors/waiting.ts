import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { AshlarError, isRetryable } from '../contracts/error.ts'
import type { Bus } from '../bus/bus.ts'
import { actorLimits } from './limits.ts'
import type { StepNotice } from './notice.ts'
import { readNotice, topics } from './notice.ts'
import type { AgentView } from './view.ts'

export interface WaitOptions {
  /** Gives up after this time. Default: 60 s. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** What settles a wait. */
export interface Judge<T> {
  /** The notices that may. */
  topic: string[]
  /** Undefined: nobody can read it. */
  heard(notice: StepNotice | undefined): { value: T } | 'look'
  /** Of the last committed state; undefined: not yet. */
  seen(view: AgentView): { value: T } | undefined
}

/** What a wait needs of its client. */
export interface WaitPorts {
  bus: Bus
  clock: Clock
  /** The last committed state. */
  read(address: Address): Promise<AgentView | undefined>
  isClosed(): boolean
}

/** Waits for agents by their notices, and looks now and then because a notice may be missed. */
export class Waiting {
  private readonly ports: WaitPorts

  constructor(ports: WaitPorts) {
    this.ports = ports
  }

  /** Waits for what a notice or the state tells, whichever comes first. */
  async until<T>(
    address: Address,
    options: WaitOptions,
    judge: Judge<T>,
    start?: { begin: () => Promise<void>; isNew: boolean },
  ): Promise<T> {
    const deadlineMs = this.ports.clock.now() + (options.timeoutMs ?? 60_000)
    let told: { value: T } | undefined
    let wake = Promise.withResolvers<void>()
    // Asked for before the state is read, so that no notice falls between the two.
    const listening = this.ports.bus.wire.listen(judge.topic, (body) => {
      const heard = judge.heard(readNotice(body))
      if (heard !== 'look') told ??= heard
      wake.resolve()
    })
    listening.catch(() => wake.resolve())
    try {
      await start?.begin()
      for (let isNew = start?.isNew === true; ; isNew = false) {
        const woken = wake.promise
        const { view, outage } = isNew || told ? {} : await this.look(address)
        const found = told ?? (view && judge.seen(view))
        if (found) return found.value
        await listening
        if (this.ports.clock.now() >= deadlineMs) throw outage ?? timedOut(address, view)
        await this.nap(woken, deadlineMs, options.signal)
        if (told) return told.value
        wake = Promise.withResolvers<void>()
      }
    } finally {
      void listening.then(
        (running) => running.stop(),
        () => undefined,
      )
    }
  }

  /** The last committed state, or why it cannot be read now although it can be later. */
  private async look(address: Address): Promise<{ view?: AgentView; outage?: AshlarError }> {
    try {
      const view = await this.ports.read(address)
      return view ? { view } : {}
    } catch (thrown) {
      if (isRetryable(thrown) && !this.ports.isClosed()) return { outage: thrown }
      throw thrown
    }
  }

  /** Until a notice comes, or it is time to look again: a notice may be missed. */
  private async nap(woken: Promise<void>, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const given = new AbortController()
    const onAbort = (): void => given.abort(signal!.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const waitMs = Math.min(
      actorLimits.rereadEveryMs,
      Math.max(1, deadlineMs - this.ports.clock.now()),
    )
    const later = pause(this.ports.clock, waitMs, given.signal).catch(() => undefined)
    await Promise.race([woken, later])
    signal?.removeEventListener('abort', onAbort)
    given.abort(new Error('awake'))
    signal?.throwIfAborted()
  }
}

/** Settled by the state that meets the condition. */
export function untilMet(
  { type, id }: Address,
  condition: (view: AgentView) => boolean,
): Judge<AgentView> {
  return {
    topic: topics.steps(type, id),
    heard: () => 'look',
    seen(view) {
      if (condition(view)) return { value: view }
      if (view.status !== 'active') throw ended(view)
      return undefined
    },
  }
}

/** Settled by the output. */
export function untilDone({ type, id }: Address): Judge<unknown> {
  return {
    topic: topics.end(type, id),
    heard(notice) {
      return notice?.status === 'done' && 'output' in notice ? { value: notice.output } : 'look'
    },
    seen(view) {
      if (view.status === 'active') return undefined
      if (view.status !== 'done') throw ended(view)
      return { value: view.output }
    },
  }
}

function ended(view: AgentView): AshlarError {
  const name = formatAddress(view.address)
  const why = view.error ? `: ${view.error.message}` : ''
  const code = view.status === 'done' ? 'agent-ended' : 'agent-failed'
  return new AshlarError(code, `agent ${name} has ended (${view.status})${why}`)
}

function timedOut(address: Address, view: AgentView | undefined): AshlarError {
  const where = view ? `it is in ${JSON.stringify(view.value)}` : 'it has not begun'
  const name = formatAddress(address)
  return new AshlarError('wait-timeout', `waited too long for agent ${name}; ${where}`)
}
