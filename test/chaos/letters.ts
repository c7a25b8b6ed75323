import type { DeadLetter } from '../../src/bus/dead-letters.ts'
import type { Finding } from './finding.ts'
import { lost } from './finding.ts'
import type { Played } from './load.ts'

/** A dead letter, and why it is no loss; undefined: nobody can say, so it is one. */
export interface Explained {
  letter: DeadLetter
  why: string | undefined
}

/**
 * A customer whose message had no answer says it again, because it may be lost. When it was not,
 * the desk finds it a second time, after its turn or after the end. Any other letter is a finding.
 */
export function explainLetters(
  letters: readonly DeadLetter[],
  type: string,
  runs: readonly Played[],
): Explained[] {
  const byMailbox = new Map(runs.map((run) => [`mailbox ${type}/${run.id}`, run]))
  return letters.map((letter) => {
    const run = byMailbox.get(letter.target)
    const repeated = run?.sent.some(
      ({ event, outcome }) => outcome === 'unknown' && JSON.stringify(event) === letter.body,
    )
    const isLate = letter.reason === 'unhandled' || letter.reason === 'agent-ended'
    const why = repeated && isLate ? 'said again by a customer who got no answer' : undefined
    return { letter, why }
  })
}

export function unexplained(explained: readonly Explained[]): Finding[] {
  return explained
    .filter(({ why }) => why === undefined)
    .map(({ letter }) =>
      lost(
        letter.target,
        `dead letter ${letter.messageId}: ${letter.reason}: ${letter.body.slice(0, 200)}`,
      ),
    )
}
