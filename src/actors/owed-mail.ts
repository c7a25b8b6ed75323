import type { Bus } from '../bus/bus.ts'
import type { MailboxMessage, MailboxSlice, Running } from '../bus/mailbox.ts'

/** What the owner of a slice does with mail that comes up again. */
export interface OwedMailPorts {
  bus: Bus
  slice: MailboxSlice
  /** Hands a message to its agent; waits while there is no room. */
  hand: (message: MailboxMessage) => Promise<void>
  /** Tells of mail that is no longer there: another owner has finished it. */
  onGone: (position: number) => void
}

/**
 * The mail of paused agents: positions only, because the bodies lie in the broker. An agent that
 * may go on gets its mail read again, in order, before anything that comes later.
 */
export class OwedMail {
  private readonly positions = new Map<string, Set<number>>()
  private total = 0
  private readonly recalls = new Map<string, { reading?: Running }>()
  private readonly ports: OwedMailPorts

  constructor(ports: OwedMailPorts) {
    this.ports = ports
  }

  /** Messages held back for all paused agents. */
  get count(): number {
    return this.total
  }

  countOf(agent: string): number {
    return this.positions.get(agent)?.size ?? 0
  }

  keep(agent: string, positions: readonly number[]): void {
    const owed = this.positions.get(agent) ?? new Set()
    const before = owed.size
    for (const position of positions) owed.add(position)
    this.total += owed.size - before
    if (owed.size > 0) this.positions.set(agent, owed)
  }

  /** For an agent that has paused again: what was handed to it is owed once more. */
  interrupt(agent: string): void {
    const recall = this.recalls.get(agent)
    this.recalls.delete(agent)
    // Not awaited: stopping waits for a handler, which may be running right here.
    void recall?.reading?.stop().catch(() => undefined)
  }

  /** Reads the mail of an agent again that may go on. Repeating it is harmless. */
  async recall(agent: string): Promise<void> {
    if (this.recalls.has(agent) || this.countOf(agent) === 0) return
    const recall: { reading?: Running } = {}
    this.recalls.set(agent, recall)
    const inOrder = [...this.positions.get(agent)!].toSorted((a, b) => a - b)
    this.positions.set(agent, new Set(inOrder))
    const { bus, slice, hand } = this.ports
    const isOver = (): boolean => this.recalls.get(agent) !== recall
    recall.reading = await bus.mailbox.read(slice, async (message) => {
      if (isOver()) return
      this.strike(agent, message.seq - 1).forEach(this.ports.onGone)
      const [isOwed] = this.strike(agent, message.seq)
      // What is owed was read before, so this reader is never ahead of the first one.
      if (this.countOf(agent) === 0) this.interrupt(agent)
      if (isOwed !== undefined) await hand(message)
    })
    if (isOver()) void recall.reading.stop().catch(() => undefined)
  }

  /** Takes out what is owed up to a position; positions are in order while they are recalled. */
  private strike(agent: string, upTo: number): number[] {
    const owed = this.positions.get(agent) ?? new Set()
    const struck: number[] = []
    for (const position of owed) {
      if (position > upTo) break
      owed.delete(position)
      struck.push(position)
    }
    this.total -= struck.length
    if (owed.size === 0) this.positions.delete(agent)
    return struck
  }

  async stop(): Promise<void> {
    const recalls = [...this.recalls.values()]
    this.recalls.clear()
    await Promise.all(recalls.map(async ({ reading }) => reading?.stop()))
  }
}
