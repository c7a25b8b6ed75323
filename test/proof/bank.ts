import { AshlarError } from '../../src/contracts/error.ts'
import type { AnyTool, Tool, ToolScope } from '../../src/contracts/tool.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import type { OutsideSystem, ToolTestOptions } from '../../src/proof/tool-under-test.ts'
import * as z from 'zod'

/** An outside system that honours idempotency keys, and can refuse or hang. */
export class Bank implements OutsideSystem {
  private payments = new Map<string, string>()
  private asked = 0
  private mode: 'up' | 'refuses' | 'hangs' = 'up'

  readonly effects = (): number => this.payments.size
  readonly requests = (): number => this.asked
  readonly fail = (): void => void (this.mode = 'refuses')
  readonly hang = (): void => void (this.mode = 'hangs')
  readonly arrange = (): void => {
    this.payments = new Map()
    this.asked = 0
    this.mode = 'up'
  }

  /** The receipt; the same for the same key. */
  async pay(key: string, cents: number, signal?: AbortSignal): Promise<string> {
    this.asked++
    await this.answer(signal)
    const receipt = this.payments.get(key) ?? `R${this.payments.size + 1}: ${cents}`
    this.payments.set(key, receipt)
    return receipt
  }

  async find(key: string): Promise<string | undefined> {
    await this.answer()
    return this.payments.get(key)
  }

  private async answer(signal?: AbortSignal): Promise<void> {
    if (this.mode === 'refuses') throw new Error('the bank is closed')
    if (this.mode === 'up') return
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('let go')))
    })
  }
}

export const bank = new Bank()

export type Payment = { order: string; cents: number }
export type Receipt = { receipt: string }

const shape = {
  name: 'pay',
  input: z.object({ order: z.string(), cents: z.int().positive().max(1_000) }),
  output: z.object({ receipt: z.string() }),
  timeoutMs: 5_000,
  retry: { attempts: 4, firstDelayMs: 100, maxDelayMs: 500 },
} as const

type Own = Partial<Pick<Tool<Payment, Receipt>, 'execute' | 'reconcile'>>

/** A sound tool that the same key repeats; with other code in its place where that is given. */
export function payIdempotently(own: Own = {}): Tool<Payment, Receipt> {
  return defineTool<Payment, Receipt>({
    ...shape,
    effect: 'idempotent',
    execute: async ({ cents }, { idempotencyKey, signal }) => ({
      receipt: await bank.pay(idempotencyKey, cents, signal),
    }),
    ...own,
  })
}

/** A sound tool that may be executed once. */
export function payOnce(own: Own = {}): Tool<Payment, Receipt> {
  return defineTool<Payment, Receipt>({
    ...shape,
    effect: 'once',
    execute: async ({ cents }, { idempotencyKey, signal }) => ({
      receipt: await bank.pay(idempotencyKey, cents, signal),
    }),
    async reconcile(_, { idempotencyKey }) {
      const receipt = await bank.find(idempotencyKey)
      return receipt === undefined
        ? { kind: 'didNotHappen' }
        : { kind: 'happened', output: { receipt } }
    },
    ...own,
  })
}

export const examples: readonly Payment[] = [{ order: 'A1', cents: 500 }]

export const withBank: ToolTestOptions<Payment, Receipt> = {
  examples,
  outside: bank,
  arrange: bank.arrange,
}

/** A tool with one bug, and the clause that is there to find it. */
export interface Bug {
  title: string
  tool: AnyTool
  clause: string
  reason: RegExp
  options?: ToolTestOptions<Payment, Receipt>
}

let fresh = 0
const paid = async (scope: ToolScope, key: string): Promise<Receipt> => ({
  receipt: await bank.pay(key, 5, scope.signal),
})

export const bugs: readonly Bug[] = [
  {
    title: 'ignores the key',
    tool: payIdempotently({ execute: (_, scope) => paid(scope, `fresh-${++fresh}`) }),
    clause: 'same-key',
    reason: /1 effect\(s\) more/,
  },
  {
    title: 'ignores the key, and nobody counts effects',
    tool: payIdempotently({ execute: (_, scope) => paid(scope, `fresh-${++fresh}`) }),
    clause: 'same-key',
    reason: /first done with .*R1.*, then done with .*R2/,
    options: { examples, arrange: bank.arrange },
  },
  {
    title: 'makes a key of its own for every attempt',
    tool: payIdempotently({
      execute: (_, scope) => paid(scope, `${scope.idempotencyKey}/${scope.attempt}`),
    }),
    clause: 'same-key',
    reason: /after a lost answer: 1 effect\(s\) more/,
  },
  {
    title: 'makes a key of its own for every attempt, and nobody counts effects',
    tool: payIdempotently({
      execute: (_, scope) => paid(scope, `${scope.idempotencyKey}/${scope.attempt}`),
    }),
    clause: 'same-key',
    reason: /after a lost answer of .*R2.*: ended as done with .*R3/,
    options: { examples, arrange: bank.arrange },
  },
  {
    title: 'ignores the abort signal',
    tool: payIdempotently({
      execute: async ({ cents }, { idempotencyKey }) => ({
        receipt: await bank.pay(idempotencyKey, cents),
      }),
    }),
    clause: 'lets-go',
    reason: /still ran \d+ ms after its signal was aborted/,
  },
  {
    title: 'answers another shape',
    tool: payIdempotently({
      execute: (async ({ cents }: Payment, { idempotencyKey, signal }: ToolScope) => ({
        reciept: await bank.pay(idempotencyKey, cents, signal),
      })) as never,
    }),
    clause: 'answers',
    reason: /breaks the schema: receipt:/,
  },
  {
    title: 'throws synchronously',
    tool: payIdempotently({
      execute: ({ order }: Payment & { order: string }) => {
        throw new TypeError(`cannot read ${order}`)
      },
    }),
    clause: 'answers',
    reason: /ended as failed: .*cannot read A1/,
  },
  {
    title: 'retries itself',
    tool: payIdempotently({
      async execute({ cents }, { idempotencyKey, signal }) {
        for (let more = 2; ; more--) {
          try {
            return { receipt: await bank.pay(idempotencyKey, cents, signal) }
          } catch (thrown) {
            if (more === 0 || signal.aborted) throw thrown
          }
        }
      },
    }),
    clause: 'one-request',
    reason: /in one attempt it asked 3 times/,
  },
  {
    title: 'says that nothing happened although it did',
    tool: payOnce({
      async execute({ cents }, { idempotencyKey, signal }) {
        try {
          return { receipt: await bank.pay(idempotencyKey, cents, signal) }
        } catch {
          bank.arrange()
          await bank.pay(idempotencyKey, cents)
          bank.fail()
          throw new AshlarError('closed', 'the bank is closed')
        }
      },
    }),
    clause: 'clean-failure',
    reason: /terminal error after 1 effect/,
    options: { ...withBank, outside: { effects: bank.effects, fail: bank.fail } },
  },
  {
    title: 'has a reconcile that denies what happened',
    tool: payOnce({ reconcile: () => ({ kind: 'didNotHappen' }) }),
    clause: 'reconcile-happened',
    reason: /says didNotHappen/,
  },
  {
    title: 'has a reconcile that claims what did not happen',
    tool: payOnce({ reconcile: () => ({ kind: 'happened', output: { receipt: 'surely' } }) }),
    clause: 'reconcile-nothing',
    reason: /says happened/,
  },
  {
    title: 'reads, and changes something',
    tool: { ...payIdempotently(), effect: 'read' },
    clause: 'no-effect',
    reason: /1 effect\(s\)/,
  },
  {
    title: 'gives its compensation what that does not take',
    tool: { ...payIdempotently(), compensate: { tool: payOnce(), input: () => ({ order: 5 }) } },
    clause: 'compensation',
    reason: /order: Invalid input/,
  },
]
