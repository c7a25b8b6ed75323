import { InputError, UnavailableError } from '../contracts/error.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { KeyValue } from './key-value.ts'
import { limits } from './limits.ts'
import type { CellLayout } from './subjects.ts'

const bucket = 'cell'

/**
 * The layout that a process wishes for a new cell.
 * @throws InputError when a number is no positive integer, or shards are more than partitions.
 */
export function wishedLayout(wish: {
  readonly partitions?: number
  readonly shards?: number
}): CellLayout {
  const partitions = wish.partitions ?? limits.partitions
  const shards = wish.shards ?? Math.min(limits.shards, partitions)
  if (!isCount(partitions)) {
    const todo = 'choose, for example, 16'
    throw new InputError({
      field: 'partitions',
      expected: 'a positive integer',
      got: partitions,
      todo,
    })
  }
  if (!isCount(shards) || shards > partitions) {
    throw new InputError({
      field: 'shards',
      expected: `an integer from 1 to the number of partitions, ${partitions}`,
      got: shards,
      todo: 'choose, for example, 4',
    })
  }
  return { partitions, shards }
}

/**
 * The first process of a cell decides its layout; the others follow.
 *
 * `shards` is written before `partitions`, and each of them only where there is none, so neither
 * ever changes and whoever sees `partitions` finds `shards` settled. Hence `partitions` is read
 * first: read second, it could come from a process that wrote both after `shards` was missed. So a
 * cell that has `partitions` and no `shards` is one of before there were shards, with all agents in
 * one stream. Where `partitions` is missing nobody has opened the cell and stored anything yet:
 * `shards` is free to be decided, or was decided by a process that is still at it or has died.
 *
 * Two processes with different wishes may each decide one of the numbers. If that makes the shards
 * more than the partitions, some streams stay empty.
 * @throws UnavailableError; InputError when what is stored is no layout.
 */
export async function agreeOnLayout(keyValue: KeyValue, wish: CellLayout): Promise<CellLayout> {
  const partitions = await read(keyValue, 'partitions')
  if (partitions !== undefined) {
    // Written down, because only a write is sure: a server that led until just now may answer a read.
    const shards = (await read(keyValue, 'shards')) ?? (await decide(keyValue, 'shards', 1))
    return { partitions, shards }
  }
  const shards = await decide(keyValue, 'shards', wish.shards)
  return { shards, partitions: await decide(keyValue, 'partitions', wish.partitions) }
}

async function decide(keyValue: KeyValue, key: keyof CellLayout, wished: number): Promise<number> {
  const written = await keyValue.put(bucket, key, toBytes(wished), 0)
  if (written.kind === 'written') return wished
  const decided = await read(keyValue, key)
  if (decided !== undefined) return decided
  throw new UnavailableError(`the ${key} of the cell were deleted while it was opened`)
}

async function read(keyValue: KeyValue, key: keyof CellLayout): Promise<number | undefined> {
  const stored = await keyValue.get(bucket, key)
  if (!stored) return undefined
  const count = fromBytes(stored.value)
  if (isCount(count)) return count
  throw new InputError({
    field: `${key} of the cell`,
    expected: 'a positive integer',
    got: count,
    todo: 'upgrade Ashlar if a newer version made the cell',
  })
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1
}
