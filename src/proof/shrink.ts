/**
 * Leaves out as much of a list as possible while the rest still fails: the `ddmin` algorithm of
 * Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002). The result is
 * minimal in that no single element can be left out, unless `attemptsMax` runs were not enough.
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
  attemptsMax = 2_000,
): Promise<readonly T[]> {
  const budget = { left: attemptsMax }
  const attempt = async (some: readonly T[]): Promise<boolean> =>
    budget.left-- > 0 && (await fails(some))
  if (items.length === 0 || (await attempt([]))) return []
  let kept = items
  for (let parts = 2; kept.length >= 2 && budget.left > 0;) {
    const size = Math.ceil(kept.length / parts)
    const smaller = await withoutOnePart(kept, size, attempt)
    if (smaller) {
      kept = smaller
      parts = Math.max(2, parts - 1)
    } else if (size === 1) {
      return kept
    } else {
      parts = Math.min(kept.length, parts * 2)
    }
  }
  return kept
}

/** The first remainder that still fails when one part of the given size is left out. */
async function withoutOnePart<T>(
  items: readonly T[],
  size: number,
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  for (let from = 0; from < items.length; from += size) {
    const rest = [...items.slice(0, from), ...items.slice(from + size)]
    if (await fails(rest)) return rest
  }
  return undefined
}
