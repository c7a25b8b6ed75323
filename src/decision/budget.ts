import type { BudgetAccount, Cost } from '../contracts/budget.ts'
import { nanosPerUsd, plus } from '../contracts/budget.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import type { Reservation } from '../contracts/decision.ts'
import { UnavailableError } from '../contracts/error.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { Random } from '../contracts/random.ts'
import type { KeyValue } from '../bus/key-value.ts'

/** A budget that is asked before every question to a decider that costs something (DESIGN §7). */
export interface Budget {
  /** True when nothing is ever refused, so that nobody needs to ask. */
  readonly isUnlimited?: true
  /** Sets the most that a question may cost aside. @throws UnavailableError */
  reserve(most: Cost): Promise<Reservation>
  /** Gives back what was set aside and not spent. @throws UnavailableError: it stays spent. */
  settle(most: Cost, spent: Cost): Promise<void>
}

/** Grants everything. */
export const unlimitedBudget: Budget = {
  isUnlimited: true,
  reserve: async () => ({ granted: true }),
  settle: async () => undefined,
}

/** What an account has spent, and what is set aside for questions under way: one and the same. */
interface Balance extends Cost {
  calls: number
}

/** A change of an account that waits for its turn. */
interface Change {
  readonly account: BudgetAccount
  readonly add: Balance
  /** Refused when it would pass a cap; giving back never is. */
  readonly isBounded: boolean
  readonly settle: (outcome: Reservation) => void
  readonly fail: (thrown: unknown) => void
}

const bucket = 'budget'
/** Writes of others that may come before one of ours in a row; so many are an outage. */
const conflictsMax = 60
/** Longest wait after a conflict, for each one in a row: where many write, each writes more rarely. */
const conflictWaitMs = 20
const conflictWaitMaxMs = 640
const nothing: Balance = { calls: 0, tokens: 0, nanoUsd: 0 }

/**
 * The budgets of all agents of a cell, in its key-value store. An account is one number per bound,
 * changed by compare-and-set, so that no two processes spend the same cent. What was set aside by a
 * process that died stays spent: it is not known what its question cost.
 */
export class Accounts {
  private readonly ports: { keyValue: KeyValue; clock: Clock; random: Random }
  /** Changes that wait for their turn, of the accounts that are being written. */
  private readonly waiting = new Map<string, Change[]>()

  constructor(ports: { keyValue: KeyValue; clock: Clock; random: Random }) {
    this.ports = ports
  }

  /** The budget of a call that counts against all these accounts. */
  budgetOf(accounts: readonly BudgetAccount[]): Budget {
    if (accounts.length === 0) return unlimitedBudget
    return {
      reserve: (most) => this.reserve(accounts, most),
      settle: async (most, spent) => {
        const add = {
          calls: 0,
          tokens: spent.tokens - most.tokens,
          nanoUsd: spent.nanoUsd - most.nanoUsd,
        }
        await Promise.all(accounts.map((account) => this.change(account, add, false)))
      },
    }
  }

  private async reserve(accounts: readonly BudgetAccount[], most: Cost): Promise<Reservation> {
    const add = { calls: 1, ...most }
    const taken: BudgetAccount[] = []
    try {
      for (const account of accounts) {
        const outcome = await this.change(account, add, true)
        if (!outcome.granted) {
          await this.giveBack(taken, add)
          return outcome
        }
        taken.push(account)
      }
    } catch (thrown) {
      // Nothing is asked, whether or not the account that failed has counted it.
      await this.giveBack(taken, add)
      throw thrown
    }
    return { granted: true }
  }

  private async giveBack(accounts: readonly BudgetAccount[], { calls, tokens, nanoUsd }: Balance) {
    const add = { calls: -calls, tokens: -tokens, nanoUsd: -nanoUsd }
    // Where it fails it stays spent, which keeps the caps.
    await Promise.allSettled(accounts.map((account) => this.change(account, add, false)))
  }

  private change(account: BudgetAccount, add: Balance, isBounded: boolean): Promise<Reservation> {
    return new Promise((settle, fail) => {
      const change = { account, add, isBounded, settle, fail }
      const waiting = this.waiting.get(account.name)
      if (waiting) return void waiting.push(change)
      const opened = [change]
      this.waiting.set(account.name, opened)
      void this.work(account.name, opened)
    })
  }

  /**
   * One write at a time. What comes meanwhile goes with the next one, also with the next try of one
   * that met a conflict: so a busy account costs each process few writes.
   */
  private async work(name: string, waiting: Change[]): Promise<void> {
    const { clock, random } = this.ports
    let conflicts = 0
    let changes = waiting.splice(0)
    while (changes.length > 0) {
      try {
        const outcomes = await this.write(name, changes)
        conflicts = outcomes ? 0 : conflicts + 1
        if (conflicts > conflictsMax) throw tooBusy(name)
        if (outcomes) {
          for (const [index, change] of changes.entries()) change.settle(outcomes[index]!)
          changes = []
        }
      } catch (thrown) {
        for (const change of changes) change.fail(thrown)
        changes = []
        conflicts = 0
      }
      const waitMs = Math.min(conflictWaitMaxMs, conflicts * conflictWaitMs)
      if (waitMs > 0) await pause(clock, random.next() * waitMs)
      changes = [...changes, ...waiting.splice(0)]
    }
    this.waiting.delete(name)
  }

  /** Undefined when another process has written meanwhile: then nothing is changed. */
  private async write(
    name: string,
    changes: readonly Change[],
  ): Promise<Reservation[] | undefined> {
    const { keyValue, clock } = this.ports
    const stored = await keyValue.get(bucket, name)
    const before = stored ? (fromBytes(stored.value) as Balance) : nothing
    const { after, outcomes } = apply(before, changes, clock.now())
    if (after === before) return outcomes
    const written = await keyValue.put(bucket, name, toBytes(after), stored?.revision ?? 0)
    return written.kind === 'written' ? outcomes : undefined
  }
}

function tooBusy(name: string): UnavailableError {
  return new UnavailableError(`the budget of ${name} is written by too many at once`)
}

function apply(
  before: Balance,
  changes: readonly Change[],
  nowMs: number,
): { after: Balance; outcomes: Reservation[] } {
  let after = before
  const outcomes = changes.map(({ account, add, isBounded }): Reservation => {
    const next = plus(after, add)
    const reason = isBounded ? passed(account, next, nowMs) : undefined
    if (reason !== undefined) return { granted: false, reason }
    after = next
    return { granted: true }
  })
  return { after, outcomes }
}

/** Which cap a balance passes. */
function passed(
  { name, caps, openedAtMs }: BudgetAccount,
  { calls, tokens, nanoUsd }: Balance,
  nowMs: number,
): string | undefined {
  const of = `of the budget of ${name}`
  if (caps.calls !== undefined && calls > caps.calls)
    return `all ${caps.calls} calls ${of} are used`
  if (caps.tokens !== undefined && tokens > caps.tokens) {
    return `the ${caps.tokens} tokens ${of} would not suffice`
  }
  if (caps.usd !== undefined && nanoUsd > Math.floor(caps.usd * nanosPerUsd)) {
    return `the ${caps.usd} USD ${of} would not suffice`
  }
  if (caps.wallMs !== undefined && nowMs - openedAtMs > caps.wallMs) {
    return `the ${caps.wallMs} ms ${of} are over`
  }
  return undefined
}
