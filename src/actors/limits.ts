import { limits as busLimits } from '../bus/limits.ts'

/** Bounds of the durable runtime (I9). Units are in the names. */
export const actorLimits = {
  /** Messages read from one slice of the mail and not yet finished. */
  unfinishedPerSliceMax: 2_000,
  /**
   * Mail of a slice, read and unread, beyond which outsiders are asked to come again later: some
   * seconds of work for one host.
   */
  sliceBacklogMax: 10_000,
  /** How long doors believe a notice of overload, and when a sender should try again. */
  overloadHoldsMs: 3_000,
  overloadRetryMs: 1_000,
  /** Messages that wait for one paused agent; what comes then goes to the dead letters. */
  mailboxMaxMessages: 10_000,
  /**
   * Agents that one host keeps in memory; the idle one that was used longest ago is dropped and read
   * back later. An agent of 10 KB: 20 MB; reading it back is one request.
   */
  residentAgentsMax: 2_000,
  /** Context of an agent. With the largest message it still fits a record. */
  contextMaxBytes: 384 * 1024,
  /** Deliveries of one call: after so many its workers must have died of it. */
  workAttemptsMax: 10,
  /** Effects of one step. */
  effectsPerStepMax: 1_000,
  /** Senders whose watermark an agent remembers; the one heard of longest ago goes first. */
  rememberedSendersMax: 256,
  /** Message ids chosen by outsiders that an agent remembers. */
  rememberedIdsMax: 32,
  /** How often finished mail is checkpointed. */
  checkpointEveryMs: 1_000,
  heartbeatEveryMs: 500,
  /** A host that was silent for this long has lost its slices. */
  hostLostAfterMs: 2_000,
  /** Its record is removed after this time. */
  hostForgottenAfterMs: 60_000,
  /** First and longest wait before a refused delivery or append is tried again. */
  retryFirstMs: 20,
  retryMaxMs: 2_000,
  /** How often an input is tried whose processing throws what nobody foresaw; then it pauses. */
  unexpectedAttemptsMax: 5,
  /** How long a client repeats a message that nobody acknowledged, and one that nobody serves. */
  submitPatienceMs: 10_000,
  /** How long it waits for the host that it asked before it asks again, perhaps another one. */
  askPatienceMs: 2_000,
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
export function checkActorLimits(limits: typeof actorLimits = actorLimits): void {
  const relations: [boolean, string][] = [
    [
      limits.heartbeatEveryMs * 3 <= limits.hostLostAfterMs,
      'heartbeatEveryMs * 3 <= hostLostAfterMs',
    ],
    [limits.retryFirstMs <= limits.retryMaxMs, 'retryFirstMs <= retryMaxMs'],
    [limits.askPatienceMs < limits.submitPatienceMs, 'askPatienceMs < submitPatienceMs'],
    [
      limits.contextMaxBytes + busLimits.messageMaxBytes <= busLimits.recordMaxBytes,
      'contextMaxBytes + messageMaxBytes <= recordMaxBytes',
    ],
    [
      limits.unfinishedPerSliceMax < limits.sliceBacklogMax,
      'unfinishedPerSliceMax < sliceBacklogMax',
    ],
    [
      limits.unfinishedPerSliceMax <= limits.mailboxMaxMessages,
      'unfinishedPerSliceMax <= mailboxMaxMessages',
    ],
    [
      limits.checkpointEveryMs * 2 < limits.overloadHoldsMs,
      'checkpointEveryMs * 2 < overloadHoldsMs',
    ],
  ]
  for (const [holds, relation] of relations) {
    if (!holds) throw new Error(`limits contradict each other: ${relation} must hold`)
  }
}
