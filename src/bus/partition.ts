/**
 * 32-bit FNV-1a over the UTF-8 bytes (Fowler, Noll, Vo; RFC 9923): the hash that nats-server uses
 * in its `partition()` subject mapping, so a server-side mapping would agree.
 */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return hash
}

/** The partition of an id, 0 to `partitions - 1`. */
export function partitionOf(id: string, partitions: number): number {
  return fnv1a32(id) % partitions
}
