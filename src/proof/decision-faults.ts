import type { Completion } from '../actors/performer.ts'
import type { Answer, Decider } from '../contracts/decision.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { Clause } from './clause.ts'
import { cannotTest, clause, expectThat, shown } from './clause.ts'
import type { Bench } from './contract-bench.ts'
import { perform, rest, settle } from './contract-bench.ts'
import type { Case, DecisionUnderTest, StandInDecider } from './decision-under-test.ts'
import { ask, casesOf, optionsOf, reasonOf, standIn } from './decision-under-test.ts'

const never = new Promise<never>(() => undefined)
const broken = 'contract-test'

/** What becomes of answers that are none: a decider that gives them stands before one that decides. */
export function decisionFaultClauses(under: DecisionUnderTest): Clause[] {
  const { retries, timeoutMs } = under.decision
  return [
    repaired(under, 'malformed', 'an answer that cannot be read', () => ({
      kind: 'malformed',
      complaint: 'no JSON',
    })),
    repaired(under, 'no-option', 'an option that does not exist', () => ({
      kind: 'chosen',
      option: { type: 'NO_SUCH_OPTION' },
    })),
    notOffered(under),
    passedOver(under, 'refused', 'a refusal is not asked again: the next decider is', () => ({
      kind: 'refused',
      reason: broken,
    })),
    passedOver(under, 'thrown', 'a decider that throws is not asked again: the next one is', () => {
      throw new Error(broken)
    }),
    unavailable(under, `an outage is waited for, ${retries} times at most, then the next is asked`),
    timedOut(under, `no answer within ${timeoutMs} ms aborts its signal, and the next is asked`),
    cancelled(under),
    exhausted(under),
  ]
}

/** A decider with a fault, and one behind it that chooses the first option. */
interface Pair {
  faulty: StandInDecider
  next: StandInDecider
  deciders: readonly Decider[]
}

function pairOf(bench: Bench, option: AgentEvent, answer: () => Answer | Promise<Answer>): Pair {
  const faulty = standIn('faulty', bench, answer)
  const next = standIn('next', bench, () => ({ kind: 'chosen', option }))
  return { faulty, next, deciders: [faulty, next] }
}

/** A case with an option that it offers. */
function chooseIn(under: DecisionUnderTest): { asked: Case; option: AgentEvent } {
  const [asked] = casesOf(under)
  const option = optionsOf(under).find(({ type }) => asked?.offered.includes(type))
  if (!asked || !option) return cannotTest('the first example offers no option')
  return { asked, option }
}

function expectNext(ended: Completion, { next }: Pair): void {
  expectThat(
    next.questions.length === 1,
    `the next decider was asked ${next.questions.length} times`,
  )
  expectThat('output' in ended, () => `the next one decided, and it ended with: ${reasonOf(ended)}`)
  const complaints = next.questions[0]!.complaints.length
  expectThat(complaints === 0, `the next decider heard ${complaints} complaint(s) about another`)
}

function repaired(
  under: DecisionUnderTest,
  id: string,
  what: string,
  answer: () => Answer,
): Clause {
  const { repairs } = under.decision
  const says = `${what} is sent back with what was wrong ${repairs} time(s), then the next is asked`
  return clause(id, says, async () => {
    const { asked, option } = chooseIn(under)
    const bench = under.openBench()
    const pair = pairOf(bench, option, answer)
    const ended = await ask(under, bench, { ...asked, deciders: pair.deciders })
    const { questions } = pair.faulty
    expectThat(questions.length === 1 + repairs, `it was asked ${questions.length} times`)
    const deaf = questions.findIndex(({ complaints }, index) => complaints.length !== index)
    expectThat(deaf === -1, `question ${deaf + 1} does not say what was wrong before`)
    expectNext(ended, pair)
  })
}

function notOffered(under: DecisionUnderTest): Clause {
  const says = 'an option that is not offered is sent back by its name, and never taken'
  return clause('not-offered', says, async () => {
    const { asked } = chooseIn(under)
    const options = optionsOf(under)
    const [first] = asked.offered
    const other = options.find(({ type }) => type !== first)
    const right = options.find(({ type }) => type === first)
    if (!other || !right) return cannotTest('it has one option only')
    const bench = under.openBench()
    const pair = pairOf(bench, right, () => ({ kind: 'chosen', option: other }))
    const ended = await ask(under, bench, {
      ...asked,
      offered: [right.type],
      deciders: pair.deciders,
    })
    const { questions } = pair.faulty
    expectThat(questions.length === 1 + under.decision.repairs, `asked ${questions.length} times`)
    const said = questions.at(-1)!.complaints.every((text) => text.includes(other.type))
    expectThat(said, () => `the complaint does not name ${other.type}`)
    expectNext(ended, pair)
    const chosen = 'output' in ended ? (ended.output as AgentEvent).type : ''
    expectThat(chosen === right.type, () => `${shown(chosen)} was taken`)
  })
}

function passedOver(
  under: DecisionUnderTest,
  id: string,
  says: string,
  answer: () => Answer,
): Clause {
  return clause(id, says, async () => {
    const { asked, option } = chooseIn(under)
    const bench = under.openBench()
    const pair = pairOf(bench, option, answer)
    const ended = await ask(under, bench, { ...asked, deciders: pair.deciders })
    const count = pair.faulty.questions.length
    expectThat(count === 1, `it was asked ${count} times`)
    expectNext(ended, pair)
    const alone = under.openBench()
    const only = standIn('faulty', alone, answer)
    const reason = reasonOf(await ask(under, alone, { ...asked, deciders: [only] }))
    expectThat(reason.includes(broken), () => `an abstention that does not say why: ${reason}`)
  })
}

function unavailable(under: DecisionUnderTest, says: string): Clause {
  return clause('unavailable', says, async () => {
    const { retries, retryMaxMs } = under.decision
    const { asked, option } = chooseIn(under)
    const bench = under.openBench()
    const pair = pairOf(bench, option, () => ({ kind: 'unavailable', reason: broken }))
    const ended = await ask(under, bench, { ...asked, deciders: pair.deciders })
    const { atMs } = pair.faulty
    const most = 1 + retries
    expectThat(atMs.length <= most, `it was asked ${atMs.length} times, over ${most}`)
    for (const [index, at] of atMs.slice(1).entries()) {
      const waitedMs = at - atMs[index]!
      expectThat(waitedMs <= retryMaxMs, `wait ${index + 1} was ${waitedMs} ms, over ${retryMaxMs}`)
    }
    expectNext(ended, pair)
  })
}

function timedOut(under: DecisionUnderTest, says: string): Clause {
  return clause('timeout', says, async () => {
    const { asked, option } = chooseIn(under)
    const bench = under.openBench()
    const pair = pairOf(bench, option, () => never)
    const begunMs = bench.clock.now()
    const ended = await ask(under, bench, { ...asked, deciders: pair.deciders })
    const [question] = pair.faulty.questions
    expectThat(question?.signal.aborted === true, 'its signal was not aborted')
    const lastedMs = bench.clock.now() - begunMs
    const { timeoutMs } = under.decision
    expectThat(lastedMs === timeoutMs, `it was given up after ${lastedMs} ms`)
    expectNext(ended, pair)
  })
}

function cancelled(under: DecisionUnderTest): Clause {
  const says = 'when the agent leaves, the signal is aborted and the decision ends undecided'
  return clause('cancel', says, async () => {
    const { asked, option } = chooseIn(under)
    const bench = under.openBench()
    const { deciders, faulty, next } = pairOf(bench, option, () => never)
    const abort = new AbortController()
    const performer = bench.serve({ decisions: [{ ...under.decision, deciders }] })
    const running = perform(performer, { ...asked, signal: abort.signal })
    await rest()
    abort.abort()
    const ended = await settle(bench, running)
    expectThat(faulty.questions[0]?.signal.aborted === true, 'its signal was not aborted')
    expectThat('error' in ended, 'it was decided')
    expectThat(next.questions.length === 0, 'the next decider was asked')
  })
}

function exhausted(under: DecisionUnderTest): Clause {
  const says = 'an exhausted budget is an abstention that says so, and what costs is not asked'
  return clause('budget', says, async () => {
    const { asked, option } = chooseIn(under)
    const bench = under.openBench()
    const costly = standIn(
      'costly',
      bench,
      () => ({ kind: 'chosen', option }),
      () => ({ tokens: 1, nanoUsd: 1 }),
    )
    const account = { name: 'contract/test', caps: { calls: 0 }, openedAtMs: bench.clock.now() }
    const ended = await ask(under, bench, { ...asked, deciders: [costly], budgets: [account] })
    expectThat(costly.questions.length === 0, 'it was asked')
    const isSaid = 'error' in ended && ended.error['isExhausted'] === true
    expectThat(isSaid, () => `it ended with: ${reasonOf(ended) || 'a decision'}`)
  })
}
