import type { CutOff } from '../proof/search.ts'
import { describeMove } from '../proof/move.ts'
import type { MachineSight, ProofResult, Violation } from '../proof/prove.ts'

const reasons: Readonly<Record<CutOff, string>> = {
  states: 'the bound of --states was reached',
  depth: 'the bound of --depth was reached',
  memory: 'the bound of --memory was reached',
  time: 'the bound of --seconds was reached',
  mailbox: 'a mailbox would have held more than the bound of --mailbox',
  violation: 'a violation was found',
  stopped: 'it was stopped',
}

/** What a search found, for people. */
export function describeProof(result: ProofResult): string[] {
  const { world, complete, cutOff, states, transitions, depth, seconds, violations } = result
  const rate = Math.round((states / Math.max(seconds, 0.001)) * 60)
  const broken = new Set(violations.map(({ property }) => property))
  return [
    `${world}: ${verdictOf(result)}`,
    `  ${count(states)} states, ${count(transitions)} moves, depth ${depth}, ${seconds.toFixed(1)} s (${count(rate)} states/min)`,
    `  within ${boundsText(result)}`,
    ...(complete ? [] : [`  cut off: ${reasons[cutOff!]}`]),
    ...result.properties.map(
      (name) => `  ${broken.has(name) ? 'BROKEN' : complete ? 'holds ' : 'so far'}  ${name}`,
    ),
    ...result.machines
      .filter(isOfTheWorld)
      .flatMap(({ id, transitions: all, untakenTransitions }) => {
        const taken = all - untakenTransitions.length
        const missed = untakenTransitions.map((name) => `    never taken: ${name}`)
        return [`  ${id}: ${taken} of ${all} transitions taken`, ...missed]
      }),
    ...violations.flatMap(describeViolation),
  ]
}

/** The statechart of tool calls is ours; which of its ways a world takes says little about the world. */
function isOfTheWorld({ id }: MachineSight): boolean {
  return id !== 'tool-call'
}

function verdictOf({ complete, violations }: ProofResult): string {
  if (violations.length > 0) return `${violations.length} of its properties do not hold`
  return complete ? 'proved within its bounds' : 'nothing found so far, not proved'
}

function boundsText({ bounds, bordering, omissionRisk }: ProofResult): string {
  const { crashes, duplicates, delays, attempts, mailbox } = bounds
  const border = bordering > 0 ? `, ${count(bordering)} states at the world's own border` : ''
  const risk = omissionRisk.toExponential(0)
  return `${crashes} crash(es), ${duplicates} duplicate(s), ${delays} delay(s), ${attempts} attempts, mailbox ${mailbox}${border}; two states taken for one with probability below ${risk}`
}

function describeViolation({ property, reason, trace }: Violation): string[] {
  const { moves, loop = [] } = trace
  return [
    '',
    `${property}: ${reason}`,
    ...moves.map((move, index) => `  ${String(index + 1).padStart(3)}. ${describeMove(move)}`),
    ...(loop.length > 0 ? ['  and then again and again:'] : []),
    ...loop.map((move) => `       ${describeMove(move)}`),
  ]
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}
