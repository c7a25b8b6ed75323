/** How many values fell between two bounds, milliseconds. */
export interface LatencyBucket {
  fromMs: number
  toMs: number
  count: number
}

/** The value below which the given share (0 to 1) of the sorted values lies. */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Buckets that double, from the one of the smallest value to that of the largest. */
export function latencyHistogram(valuesMs: readonly number[]): LatencyBucket[] {
  const counts = new Map<number, number>()
  for (const value of valuesMs) {
    const bucket = Math.floor(Math.log2(Math.max(value, 0.01)))
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  const keys = [...counts.keys()]
  if (keys.length === 0) return []
  const [first, last] = [Math.min(...keys), Math.max(...keys)]
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    fromMs: 2 ** (first + index),
    toMs: 2 ** (first + index + 1),
    count: counts.get(first + index) ?? 0,
  }))
}
