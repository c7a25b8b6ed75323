import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import { AshlarError, UnavailableError } from '../contracts/error.ts'
import type { Ids } from '../contracts/ids.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { Bus } from '../bus/bus.ts'
import type { KeptLetter } from '../bus/dead-letters.ts'
import { agentFailed, hasBegun, isKept } from './failure.ts'
import { mailboxOf, sendAgain } from './letters.ts'
import { actorLimits } from './limits.ts'
import { topics } from './notice.ts'
import { letterSender } from './outsider.ts'

/** What resuming an agent came to. */
export interface Resumed {
  /** False when it had not failed, or had been resumed before. */
  hadFailed: boolean
  /** Letters that were sent to it again. */
  posted: number
  /** Letters that were too large to be kept whole; they stay. */
  cut: number[]
}

/** What operators may do to agents, and outsiders may not. */
export class Operator {
  private readonly bus: Bus
  private readonly clock: Clock
  private readonly ids: Ids

  constructor(options: { bus: Bus; clock: Clock; ids: Ids }) {
    this.bus = options.bus
    this.clock = options.clock
    this.ids = options.ids
  }

  /**
   * Sets a failed agent back to its last good state and gives it the mail that was kept for it, in
   * its order. Also wakes one that its host has paused. It may be repeated at any time: what was
   * posted before is recognised by the agent (I3).
   * @throws AshlarError `no-such-agent`, `not-resumable`; UnavailableError when no host takes it
   */
  async resume(address: Address, options: { timeoutMs?: number } = {}): Promise<Resumed> {
    const before = await this.last(address)
    refuseOthers(address, before)
    const { state } = before
    // An agent without a first state is started by its kept start, the oldest letter.
    if (hasBegun(state)) {
      const id = `resume:${this.ids.next()}`
      await this.post(address, id)
      if (isKept(state)) await this.taken(before, id, options.timeoutMs ?? 30_000)
    }
    return { hadFailed: isKept(state), ...(await this.postKept(address)) }
  }

  private async last(address: Address): Promise<JournalRecord> {
    const last = await this.bus.journal.last(address)
    if (last) return decodeRecord(last.body)
    throw new AshlarError('no-such-agent', `there is no agent ${formatAddress(address)}`)
  }

  private async post(to: Address, id: string): Promise<void> {
    const from = { name: 'operator' }
    const body = { kind: 'resume' } as const
    const envelope = encodeEnvelope({ v: 1, id, to, from, sentAtMs: this.clock.now(), body })
    await this.bus.mailbox.post(to, envelope, id)
  }

  /** Until the agent has taken the word to resume; what it makes of its mail then is its own. */
  private async taken(before: JournalRecord, messageId: string, timeoutMs: number): Promise<void> {
    const { address } = before
    const deadlineMs = this.clock.now() + timeoutMs
    let wake = Promise.withResolvers<void>()
    const topic = topics.steps(address.type, address.id)
    const listening = await this.bus.wire.listen(topic, () => wake.resolve())
    try {
      while (!(await this.hasTaken(before, messageId))) {
        if (this.clock.now() >= deadlineMs) throw untaken(address)
        const later = new AbortController()
        const rest = pause(this.clock, actorLimits.rereadEveryMs, later.signal)
        await Promise.race([wake.promise, rest.catch(() => undefined)])
        later.abort(new Error('awake'))
        wake = Promise.withResolvers<void>()
      }
    } finally {
      await listening.stop()
    }
  }

  private async hasTaken(before: JournalRecord, messageId: string): Promise<boolean> {
    const last = await this.last(before.address)
    if (last.step === before.step) return false
    if (last.state.snapshot.status !== 'error') return true
    // It may have been resumed and have failed again.
    for await (const { body } of this.bus.journal.history(before.address)) {
      if (decodeRecord(body).cause.messageId === messageId) return true
    }
    return false
  }

  private async postKept(address: Address): Promise<Omit<Resumed, 'hadFailed'>> {
    const letters: KeptLetter[] = []
    const name = formatAddress(address)
    for await (const letter of this.bus.deadLetters.list()) {
      const to = letter.reason.startsWith(agentFailed) ? mailboxOf(letter) : undefined
      if (to && formatAddress(to) === name) letters.push(letter)
    }
    const seen = new Set<string>()
    const cut: number[] = []
    for (const letter of letters) {
      if (letter.cut) {
        cut.push(letter.id)
        continue
      }
      // The agent remembers the newest letter that it took, so a second resume changes nothing.
      const from = { name: letterSender, order: { step: letter.id, index: 0 } }
      const atMs = this.clock.now()
      if (!seen.has(letter.messageId)) await sendAgain(this.bus, letter, { atMs, from })
      seen.add(letter.messageId)
      await this.bus.deadLetters.drop(letter.id)
    }
    return { posted: seen.size, cut }
  }
}

/** @throws AshlarError `not-resumable` */
function refuseOthers(address: Address, { state }: JournalRecord): void {
  if (state.snapshot.status === 'active' || isKept(state)) return
  const name = formatAddress(address)
  const why =
    state.snapshot.status !== 'error'
      ? `has ended (${state.snapshot.status})`
      : state.parent
        ? `is a child: its parent ${formatAddress(state.parent.address)} was told of its failure`
        : 'failed under a build that stopped what it had begun; start another one'
  throw new AshlarError('not-resumable', `agent ${name} ${why}`)
}

function untaken({ type }: Address): UnavailableError {
  return new UnavailableError(
    `no host took the word to resume: is a process that serves ${type} in the agent's version ` +
      'running? (`ashlar ps --hosts`); it lies in the mailbox and will be taken then',
  )
}
