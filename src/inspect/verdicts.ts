import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import { UnavailableError } from '../contracts/error.ts'
import { readBytes, toBytes } from '../contracts/json.ts'
import type { Verdict } from '../contracts/verdict.ts'
import { readVerdict } from '../contracts/verdict.ts'
import type { KeyValue } from '../bus/key-value.ts'

const bucket = 'verdicts'
const attemptsMax = 20
/** Of one run; the first ones tell what broke. */
const keptMax = 200

/** Verdicts on runs that were found afterwards, by tests, checkers or people, kept with the run. */
export class Verdicts {
  private readonly keyValue: KeyValue

  constructor(keyValue: KeyValue) {
    this.keyValue = keyValue
  }

  /** Adds a verdict to a run. @throws UnavailableError when too many others do so at once */
  async add(run: Address, verdict: Verdict): Promise<void> {
    const key = formatAddress(run)
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const entry = await this.keyValue.get(bucket, key)
      const all = [...readAll(entry?.value), verdict].slice(0, keptMax)
      const written = await this.keyValue.put(bucket, key, toBytes(all), entry?.revision ?? 0)
      if (written.kind === 'written') return
    }
    throw new UnavailableError(`the verdicts on ${key} are written by too many at once`)
  }

  /** Every verdict on a run, oldest first. */
  async of(run: Address): Promise<Verdict[]> {
    const entry = await this.keyValue.get(bucket, formatAddress(run))
    return readAll(entry?.value)
  }
}

function readAll(bytes: Uint8Array | undefined): Verdict[] {
  const list = bytes === undefined ? [] : readBytes(bytes)
  if (!Array.isArray(list)) return []
  return list.flatMap((one) => readVerdict(one) ?? [])
}
