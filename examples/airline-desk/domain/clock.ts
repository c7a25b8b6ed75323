/** The moment at which every conversation of the data set takes place. */
export const NOW = '2024-05-15T15:00:00'

/** The date part of {@link NOW}. */
export const TODAY = NOW.slice(0, 10)

const DAY_MS = 24 * 60 * 60 * 1000

/** True if the local time `created` lies at most 24 hours before {@link NOW}. */
export function withinLastDay(created: string): boolean {
  // Both are local times without a zone; reading both as UTC keeps their distance exact.
  const age = Date.parse(`${NOW}Z`) - Date.parse(`${created}Z`)
  return age >= 0 && age <= DAY_MS
}
