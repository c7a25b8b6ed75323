const callsPerLook = 20

/** Microseconds per call of a synchronous function, after a warm-up of a quarter of the time. */
export function microsPerCall(budgetMs: number, work: () => void): number {
  repeat(budgetMs / 4, work)
  const { calls, elapsedMs } = repeat(budgetMs, work)
  return (elapsedMs / calls) * 1000
}

function repeat(budgetMs: number, work: () => void): { calls: number; elapsedMs: number } {
  const begunMs = performance.now()
  let calls = 0
  let elapsedMs = 0
  while (elapsedMs < budgetMs) {
    for (let index = 0; index < callsPerLook; index++) work()
    calls += callsPerLook
    elapsedMs = performance.now() - begunMs
  }
  return { calls, elapsedMs }
}
