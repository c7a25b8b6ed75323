import type { KeyValue } from 'ashlar'
import { UnavailableError } from 'ashlar'
import type { AirlineData, Changes } from './domain/database.ts'
import { mergeChanges, noChanges, overlay } from './domain/database.ts'
import type { Operation } from './domain/operations/index.ts'

const bucket = 'airline'
const attempts = 20

/** One branch of the database: its changes, and the answers to the writes that made them. */
interface Branch {
  changes: Changes
  /** Answer per idempotency key: repeating a write gives the first answer and changes nothing. */
  answers: Record<string, string>
}

/** The airline's database on the key-value store: shared by all processes, safe to write twice. */
export class AirlineStore {
  readonly base: AirlineData
  private readonly keyValue: KeyValue

  constructor(base: AirlineData, keyValue: KeyValue) {
    this.base = base
    this.keyValue = keyValue
  }

  async changes(branch: string): Promise<Changes> {
    return (await this.read(branch)).content.changes
  }

  /** Runs an operation on a branch. A write and the answer to it are stored in one step. */
  async run(
    operation: Operation<unknown>,
    branch: string,
    input: unknown,
    idempotencyKey: string,
  ): Promise<string> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { content, revision } = await this.read(branch)
      const earlier = content.answers[idempotencyKey]
      if (earlier !== undefined) return earlier
      const { text, changes } = operation.run(overlay(this.base, content.changes), input)
      if (operation.kind === 'read') return text
      const next: Branch = {
        changes: mergeChanges(content.changes, changes),
        answers: { ...content.answers, [idempotencyKey]: text },
      }
      const bytes = new TextEncoder().encode(JSON.stringify(next))
      const written = await this.keyValue.put(bucket, branch, bytes, revision)
      if (written.kind === 'written') return text
    }
    throw new UnavailableError(`branch ${branch} is being written by too many others`)
  }

  private async read(branch: string): Promise<{ content: Branch; revision: number }> {
    const entry = await this.keyValue.get(bucket, branch)
    if (!entry) return { content: { changes: noChanges(), answers: {} }, revision: 0 }
    const content = JSON.parse(new TextDecoder().decode(entry.value)) as Branch
    return { content, revision: entry.revision }
  }
}
