/** Bounds of the durable runtime (I9). Units are in the names. */
export const actorLimits = {
  /** Messages read from one slice of the mail and not yet finished. */
  unfinishedPerSliceMax: 2_000,
  /** Agents that one host keeps in memory; idle ones beyond it are dropped and read back later. */
  residentAgentsMax: 10_000,
  /** Effects of one step. */
  effectsPerStepMax: 1_000,
  /** Senders whose watermark an agent remembers; the one heard of longest ago goes first. */
  rememberedSendersMax: 256,
  /** How often finished mail is checkpointed. */
  checkpointEveryMs: 1_000,
  heartbeatEveryMs: 1_000,
  /** A host that was silent for this long has lost its slices. */
  hostLostAfterMs: 4_000,
  /** Its record is removed after this time. */
  hostForgottenAfterMs: 60_000,
  /** First and longest wait before a refused delivery or append is tried again. */
  retryFirstMs: 20,
  retryMaxMs: 2_000,
  /** How long a client repeats a message that nobody acknowledged, and one that nobody serves. */
  submitPatienceMs: 10_000,
  noHostPatienceMs: 3_000,
  /** How often a waiting client reads the state again when no notice came. */
  rereadEveryMs: 1_000,
  /** How long a hand-over of a slice waits for the steps under way. */
  handOverMaxMs: 5_000,
  /** How long `stop` waits for steps and calls that are under way. */
  drainMaxMs: 10_000,
} as const

/** How long to wait before the given repetition, 1 for the first: doubling, up to the longest. */
export function retryDelayMs(attempt: number): number {
  const { retryFirstMs, retryMaxMs } = actorLimits
  return Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(attempt, 10))
}

/** Refuses to start on contradictory limits. */
export function checkActorLimits(): void {
  const { heartbeatEveryMs, hostLostAfterMs, retryFirstMs, retryMaxMs } = actorLimits
  if (heartbeatEveryMs * 3 > hostLostAfterMs) {
    throw new Error(
      'limits contradict each other: heartbeatEveryMs * 3 <= hostLostAfterMs must hold',
    )
  }
  if (retryFirstMs > retryMaxMs) {
    throw new Error('limits contradict each other: retryFirstMs <= retryMaxMs must hold')
  }
}
