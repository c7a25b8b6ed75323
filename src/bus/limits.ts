/** Bounds of the bus (I9). Units are in the names; relations are checked by {@link checkLimits}. */
export const limits = {
  messageMaxBytes: 512 * 1024,
  recordMaxBytes: 900 * 1024,
  brokerPayloadMaxBytes: 1024 * 1024,
  queueMaxItems: 10_000,
  /** The longest escaped form of a key, six times as long, still fits the broker's control line. */
  keyMaxCharacters: 400,
  partitions: 16,
  /** State streams of a new cell: the broker works through one stream message by message. */
  shards: 4,
  dedupeWindowMs: 120_000,
  appendTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
  deadLetterMaxAgeMs: 30 * 24 * 3_600_000,
} as const

/** Refuses to start on contradictory limits. */
export function checkLimits(): void {
  const relations: [boolean, string][] = [
    [limits.messageMaxBytes < limits.recordMaxBytes, 'messageMaxBytes < recordMaxBytes'],
    [
      limits.recordMaxBytes < limits.brokerPayloadMaxBytes,
      'recordMaxBytes < brokerPayloadMaxBytes',
    ],
    [limits.shards <= limits.partitions, 'shards <= partitions'],
    [limits.appendTimeoutMs < limits.dedupeWindowMs, 'appendTimeoutMs < dedupeWindowMs'],
  ]
  for (const [holds, relation] of relations) {
    if (!holds) throw new Error(`limits contradict each other: ${relation} must hold`)
  }
}
