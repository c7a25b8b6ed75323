import type { Chat } from '../actors/chat.ts'
import type { AgentRef, Client } from '../actors/client.ts'
import { outsider } from '../actors/outsider.ts'
import type { AgentView } from '../actors/view.ts'
import { viewOf } from '../actors/view.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { isRetryable, toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { Ids } from '../contracts/ids.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { describeValue } from '../contracts/state.ts'
import type { ChatScreen } from './chat-screen.ts'
import type { Terminal } from './terminal.ts'

/** Something that was said, as the journal has it. */
export interface SpokenLine {
  from: 'you' | 'agent'
  text: string
}

/**
 * Why a talk is over: the agent ended, the person left it open, it was interrupted, or the agent did
 * not answer in time.
 */
export type TalkEnd = 'ended' | 'left' | 'interrupted' | 'silent'

export interface TalkPorts {
  chat: Chat
  agent: AgentRef
  client: Client
  clock: Clock
  ids: Ids
  screen: ChatScreen
  terminal: Pick<Terminal, 'take' | 'isEnded' | 'report'>
  /** Shows texts while they are produced. */
  streams: boolean
  /** Longest wait for an answer, in ms. */
  timeoutMs: number
  /** Whether anybody serves the agent at the moment. */
  isServed: () => Promise<boolean>
}

/** With which the person ends the conversation. */
const leaveWord = '/end'
/** Texts of the agent that are shown again when a conversation goes on. */
const recalledMax = 5
const againAfterMs = 1_000

/** One person's talk with an agent, from the first line to the end of it or of the patience. */
export class Talk {
  /** What was said, in the order of the journal; of earlier talks the last texts of the agent. */
  readonly lines: SpokenLine[] = []
  /** Lines that the agent was not told of. */
  refused = 0
  private readonly ports: TalkPorts
  private last: JournalRecord | undefined
  private news = Promise.withResolvers<void>()
  private isInterrupted = false
  private failure: { thrown: unknown } | undefined
  /** Until the record is there of the message that was sent last. */
  private underWay: { id: string; words: string | undefined } | undefined
  private deadlineMs: number | undefined
  private readonly over = new AbortController()

  constructor(ports: TalkPorts) {
    this.ports = ports
  }

  /** The last record of the agent that was read. */
  get record(): JournalRecord | undefined {
    return this.last
  }

  /** Something has happened that the talk may go on with. */
  ring(): void {
    const { resolve } = this.news
    this.news = Promise.withResolvers()
    resolve()
  }

  /** Ends the talk at once, whatever is under way. */
  interrupt(): void {
    this.isInterrupted = true
    this.ring()
  }

  /** Reads what was said before, and shows the last of it. */
  async recall(): Promise<void> {
    for await (const record of this.ports.client.history(this.ports.agent.address)) {
      this.lines.push(...this.saidIn(record))
      this.last = record
    }
    this.lines.splice(0, this.lines.length - recalledMax)
    for (const { text } of this.lines) this.ports.screen.said(text)
  }

  /** @throws whatever the chat's own functions throw */
  async run(): Promise<TalkEnd> {
    const { agent, screen, streams } = this.ports
    const texts = streams ? await agent.onText((piece) => screen.piece(piece)) : undefined
    const following = this.follow().catch((thrown: unknown) => this.fail(thrown))
    try {
      for (;;) {
        const { promise } = this.news
        const end = this.look()
        if (end) return end
        await this.until(promise)
      }
    } finally {
      this.over.abort(new Error('the talk is over'))
      await following
      await texts?.stop()
    }
  }

  /** What to do as things are. */
  private look(): TalkEnd | undefined {
    const { chat, clock, screen, terminal, timeoutMs } = this.ports
    if (this.failure) throw this.failure.thrown
    if (this.isInterrupted) return 'interrupted'
    const view = this.last && viewOf(this.last)
    if (view && view.status !== 'active') return 'ended'
    if (!view || this.underWay || !chat.listens(view)) {
      this.deadlineMs ??= clock.now() + timeoutMs
      return clock.now() >= this.deadlineMs ? 'silent' : undefined
    }
    this.deadlineMs = undefined
    screen.settle()
    for (let typed = terminal.take(); typed; typed = terminal.take()) {
      if (!typed.isShown) screen.heard(typed.text)
      if (this.say(typed.text, view)) return this.look()
    }
    return terminal.isEnded ? 'left' : undefined
  }

  /** Waits for news, or until the agent has taken too long. */
  private async until(news: Promise<void>): Promise<void> {
    const { clock } = this.ports
    if (this.deadlineMs === undefined) return news
    const late = Promise.withResolvers<void>()
    const cancel = clock.at(this.deadlineMs, late.resolve)
    await Promise.race([news, late.promise])
    cancel()
  }

  /** False when there is nothing to send. */
  private say(text: string, view: AgentView): boolean {
    const { chat, ids, terminal } = this.ports
    if (text === leaveWord && !chat.leaves) {
      terminal.report('this chat has no word for leaving; Ctrl-D leaves the conversation open')
      return false
    }
    const isLeaving = text === leaveWord
    const event = (isLeaving ? chat.leaves : chat.hears(text, view)) as AgentEvent
    // Under the same id a repeated message is heard once.
    const id = `chat:${ids.next()}`
    this.underWay = { id, words: isLeaving ? undefined : text }
    this.deliver(event, id).catch((thrown: unknown) => {
      if (this.over.signal.aborted) return
      this.underWay = undefined
      this.refuse(toErrorValue(thrown).message)
      this.ring()
    })
    return true
  }

  /** A process that died may be started again: what cannot be sent now is sent later. */
  private async deliver(event: AgentEvent, id: string): Promise<void> {
    const { agent, clock, isServed } = this.ports
    for (;;) {
      try {
        return await agent.send(event as never, { id })
      } catch (thrown) {
        if (!isRetryable(thrown) && (await isServed().catch(() => false))) throw thrown
        const waitMs = isRetryable(thrown) ? thrown.retryAfterMs : undefined
        await pause(clock, waitMs ?? againAfterMs, this.over.signal)
      }
    }
  }

  private refuse(why: string): void {
    this.refused++
    this.ports.terminal.report(`the agent did not take it: ${why}`)
  }

  private fail(thrown: unknown): void {
    if (this.over.signal.aborted) return
    this.failure = { thrown }
    this.ring()
  }

  /** Takes every record of the journal once, in order, until the agent ends or the talk does. */
  private async follow(): Promise<void> {
    const { agent, client, clock } = this.ports
    const { signal } = this.over
    const timeoutMs = Number.POSITIVE_INFINITY
    const isOver = (): boolean => this.last !== undefined && viewOf(this.last).status !== 'active'
    while (!isOver()) {
      const before = this.last?.step ?? 0
      await client.waitFor(agent.address, ({ step }) => step > before, { timeoutMs, signal })
      try {
        for await (const record of client.history(agent.address)) {
          if (record.step > (this.last?.step ?? 0)) this.take(record)
          if (isOver()) break
        }
      } catch (thrown) {
        if (!isRetryable(thrown)) throw thrown
      }
      // In a cluster the replica that was asked for the history may lag behind.
      if (this.last?.step === before) await pause(clock, againAfterMs / 10, signal)
    }
  }

  private take(record: JournalRecord): void {
    const { screen } = this.ports
    const now = new Set(callsOf(record))
    screen.ended(callsOf(this.last).filter((call) => !now.has(call)))
    if (this.underWay && record.cause.messageId === outsider + this.underWay.id) {
      this.heard(record, this.underWay.words)
      this.underWay = undefined
    }
    for (const line of this.saidIn(record)) {
      this.lines.push(line)
      screen.said(line.text)
    }
    this.last = record
    this.ring()
  }

  private heard({ handled, state }: JournalRecord, words: string | undefined): void {
    const { status, value } = state.snapshot
    if (!handled && status === 'active') this.refuse(`nothing hears it in ${describeValue(value)}`)
    else if (words !== undefined) this.lines.push({ from: 'you', text: words })
  }

  private saidIn(record: JournalRecord): SpokenLine[] {
    return record.outbox.flatMap((effect) => {
      const text = effect.kind === 'emit' ? this.ports.chat.says(effect.event) : undefined
      return text === undefined ? [] : [{ from: 'agent' as const, text }]
    })
  }

  /** Where the agent stands, and what it waits for. */
  describe(): string {
    const name = formatAddress(this.ports.agent.address)
    if (!this.last) return `${name} has not begun`
    const { value, step, waitingFor } = viewOf(this.last)
    const waits = waitingFor.length > 0 ? `, waiting for ${waitingFor.join(', ')}` : ''
    return `${name} is in ${describeValue(value)} after ${step} transition(s)${waits}`
  }
}

/** Calls of an agent that are under way. */
function callsOf(record: JournalRecord | undefined): string[] {
  return Object.values(record?.state.children ?? {}).flatMap(({ identity, settled }) =>
    identity === undefined || settled ? [] : [identity],
  )
}
