import type * as z from 'zod'
import type { Clock } from '../contracts/clock.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type {
  Fact,
  FactSource,
  ForgetInput,
  RecallInput,
  RecalledFact,
  RememberInput,
  RememberOutput,
} from '../contracts/memory.ts'
import { factSchema } from '../contracts/memory.ts'
import type { KeyEntry, KeyValue } from '../bus/key-value.ts'

const bucket = 'memory'
/** What the key-value store takes as a key. */
const keyMax = 400

export interface MemoryOptions {
  keyValue: KeyValue
  clock: Clock
  /** Contract per kind of fact. When given, other kinds are refused. */
  kinds?: Readonly<Record<string, z.ZodType>>
}

/** `contended`: another writer came in between and the caller had no expectation; try again. */
export type Remembered =
  | RememberOutput
  | { kind: 'contended' }
  | { kind: 'refused'; reason: string }

/** What the whole system knows, with provenance, on the key-value store (DESIGN §8). */
export class Memory {
  private readonly options: MemoryOptions

  constructor(options: MemoryOptions) {
    this.options = options
  }

  /** Why a fact may not be remembered: no contract for its kind, or one that it breaks. */
  refusal({ subject, kind, value }: RememberInput): string | undefined {
    const { kinds } = this.options
    const bytes = factKey(subject, kind).length
    if (bytes > keyMax) {
      return `subject and kind take ${bytes} characters when escaped, more than ${keyMax}`
    }
    return kinds ? checkKind(kinds, kind, value) : undefined
  }

  /** @throws UnavailableError */
  async remember(input: RememberInput, source: FactSource): Promise<Remembered> {
    const refused = this.refusal(input)
    if (refused !== undefined) return { kind: 'refused', reason: refused }
    const { keyValue, clock } = this.options
    const { subject, kind, value, expectedVersion, toolResult, expires } = input
    const key = factKey(subject, kind)
    const entry = await keyValue.get(bucket, key)
    const present = entry ? this.read(entry) : undefined
    const version = present?.version ?? 0
    if (present && isOwn(present, input, source)) return { kind: 'remembered', version }
    if (expectedVersion !== undefined && expectedVersion !== version) {
      return { kind: 'conflict', present: present ?? null }
    }
    const at = clock.now()
    const fact: Fact = {
      subject,
      kind,
      value,
      source: { ...source, ...(toolResult === undefined ? {} : { toolResult }) },
      at,
      asOf: input.asOf ?? at,
      ...(expires === undefined ? {} : { expires }),
      version: version + 1,
    }
    const written = await keyValue.put(bucket, key, toBytes(fact), entry?.revision ?? 0)
    if (written.kind === 'written') return { kind: 'remembered', version: fact.version }
    if (expectedVersion === undefined) return { kind: 'contended' }
    const winner = await keyValue.get(bucket, key)
    return { kind: 'conflict', present: winner ? this.read(winner) : null }
  }

  /** @throws UnavailableError */
  async recall(input: RecallInput): Promise<RecalledFact[]> {
    const { keyValue } = this.options
    const wanted = input.text?.toLowerCase()
    const keys = await this.keysOf(input)
    const entries = await Promise.all(keys.map((key) => keyValue.get(bucket, key)))
    return entries
      .filter((entry) => entry !== undefined)
      .map((entry) => this.read(entry))
      .filter(({ kind }) => input.kind === undefined || kind === input.kind)
      .filter(
        ({ value }) => wanted === undefined || JSON.stringify(value).toLowerCase().includes(wanted),
      )
  }

  /** @throws UnavailableError */
  async forget(input: ForgetInput): Promise<{ forgotten: number }> {
    const { subject, kind } = input
    const keys = kind === undefined ? await this.keysOf({ subject }) : [factKey(subject, kind)]
    let forgotten = 0
    for (const key of keys) {
      if (!(await this.options.keyValue.get(bucket, key))) continue
      await this.options.keyValue.forget(bucket, key)
      forgotten++
    }
    return { forgotten }
  }

  private async keysOf({ subject, prefix, kind }: RecallInput): Promise<string[]> {
    if (!prefix && kind !== undefined) return [factKey(subject, kind)]
    const start = prefix ? encodeURIComponent(subject) : factKey(subject, '')
    return this.options.keyValue.keys(bucket, start)
  }

  private read(entry: KeyEntry): RecalledFact {
    const fact = factSchema.parse(fromBytes(entry.value))
    const stale = fact.expires !== undefined && fact.expires <= this.options.clock.now()
    return { ...fact, stale }
  }
}

function factKey(subject: string, kind: string): string {
  return `${encodeURIComponent(subject)}/${encodeURIComponent(kind)}`
}

/** A re-delivered call finds its own fact: neither a new version nor a lost race. */
function isOwn(present: Fact, input: RememberInput, source: FactSource): boolean {
  if (source.event === undefined || present.source.event !== source.event) return false
  return JSON.stringify(present.value) === JSON.stringify(input.value)
}

function checkKind(
  kinds: Readonly<Record<string, z.ZodType>>,
  kind: string,
  value: unknown,
): string | undefined {
  const contract = kinds[kind]
  if (!contract)
    return `facts of kind ${kind} have no contract; known: ${Object.keys(kinds).join(', ')}`
  const parsed = contract.safeParse(value)
  return parsed.success
    ? undefined
    : `the value breaks the contract of ${kind}: ${firstIssue(parsed.error)}`
}
