import type { Running } from './mailbox.ts'

export interface KeyEntry {
  readonly key: string
  readonly value: Uint8Array
  /** Grows with every write of the bucket; 0 stands for "no such key" in an expectation. */
  readonly revision: number
}

export type Written =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'conflict' }

/** Last value per key with compare-and-set. Keys are any text of 1 to 400 characters. */
export interface KeyValue {
  get(bucket: string, key: string): Promise<KeyEntry | undefined>
  /** Writes unconditionally, or only when the key is at `expectedRevision` (0: absent). */
  put(bucket: string, key: string, value: Uint8Array, expectedRevision?: number): Promise<Written>
  /** Deletes the value and its history: the bytes are gone, not marked. */
  forget(bucket: string, key: string): Promise<void>
  /** Keys that begin with `prefix`, sorted. */
  keys(bucket: string, prefix?: string): Promise<string[]>
  /** Reports every present entry, then every change; `undefined` value: the key is gone. */
  watch(
    bucket: string,
    prefix: string,
    onChange: (key: string, entry: KeyEntry | undefined) => void,
  ): Promise<Running>
}
