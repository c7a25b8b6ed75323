import type { Answer, AnyDecision, Decider, Question } from '../contracts/decision.ts'
import { toErrorValue } from '../contracts/error.ts'
import { copyJson } from '../contracts/json.ts'
import type { Clause } from './clause.ts'
import { cannotTest, clause, expectThat, shown, untested } from './clause.ts'
import { UserCode } from './contract-bench.ts'
import type { Case, DecisionUnderTest } from './decision-under-test.ts'
import { ask, casesOf, promptOf, reasonOf, standIn } from './decision-under-test.ts'
import { isSameJson } from './tool-under-test.ts'

/** Of examples that were made, so many are asked about. */
const madeMost = 24
const fallbackMost = 8

/** What the decision's own deciders answer, each by itself and behind one that fails. */
export function deciderClauses(under: DecisionUnderTest): Clause[] {
  const { deciders } = under.decision
  return [
    ...deciders.flatMap((decider) => [
      answersFit(under, decider),
      ...(decider.estimate ? [estimates(under, decider)] : []),
    ]),
    fallback(under),
  ]
}

function mayAsk({ options: { ask: whom = 'free' } }: DecisionUnderTest, decider: Decider): boolean {
  return whom === 'all' || (whom === 'free' && !decider.estimate)
}

const notAsked = "it may cost something; `--execute` (or `ask: 'all'`) allows to ask it"

function answersFit(under: DecisionUnderTest, decider: Decider): Clause {
  const id = `decider:${decider.name}`
  const says = `${decider.name} chooses among what is offered, or says why not`
  const { examples } = under.options
  if (!mayAsk(under, decider)) return untested(id, says, 'notRun', notAsked)
  return clause(id, says, async () => {
    const cases = examples?.length ? casesOf(under) : casesOf(under).slice(0, madeMost)
    for (const one of cases) {
      const heard = new Heard(decider)
      const bench = under.openBench()
      // No repair: the first answer counts, and what is wrong with it is the reason.
      const alone: AnyDecision = { ...under.decision, repairs: 0, retries: 0 }
      const asked = { ...one, deciders: [heard.decider] }
      const ended = await ask({ ...under, decision: alone }, bench, asked, { code: heard.code })
      const at = `asked about ${shown(one.input)}`
      expectThat(heard.thrown === undefined, () => `${at}: it throws: ${heard.thrown}`)
      expectThat(!heard.hasChanged, `${at}: it changes its question`)
      const { answer } = heard
      if (!answer) return cannotTest(`${at}: it was not asked: ${reasonOf(ended)}`)
      if (answer.kind === 'chosen') {
        expectThat('output' in ended, () => `${at}: ${shown(answer.option)}: ${reasonOf(ended)}`)
      }
      expectThat(answer.kind !== 'malformed', () => `${at}: ${reasonOf(ended)}`)
      const isSilent = 'reason' in answer && answer.reason.trim() === ''
      expectThat(!isSilent, `${at}: it gives no reason`)
      if (answer.kind === 'unavailable') cannotTest(`${at}: unavailable: ${answer.reason}`)
    }
  })
}

/** A decider, and what it answered last. */
class Heard {
  readonly code = new UserCode()
  readonly decider: Decider
  answer: Answer | undefined
  thrown: string | undefined
  /** The next decider would be asked something else. */
  hasChanged = false

  constructor(of: Decider) {
    const decide = this.code.watch((question: Question) => of.decide(question))
    this.decider = {
      ...of,
      name: of.name,
      decide: async (question) => {
        try {
          const { input, offered, prompt, complaints } = question
          const before = copyJson({ input, offered, prompt, complaints })
          this.answer = await decide(question)
          this.hasChanged = !isSameJson(before, { input, offered, prompt, complaints })
          return this.answer
        } catch (thrown) {
          this.thrown = toErrorValue(thrown).message
          throw thrown
        }
      },
    }
  }
}

/** What the deciders come to is the same when one that fails is asked before them. */
function fallback(under: DecisionUnderTest): Clause {
  const says =
    'behind a decider that refuses, its own deciders come to what they come to without it'
  const free = under.decision.deciders.filter((decider) => mayAsk(under, decider))
  if (free.length === 0) return untested('fallback', says, 'notRun', notAsked)
  return clause('fallback', says, async () => {
    const comesTo = async (one: Case, faulty: boolean): Promise<string> => {
      const bench = under.openBench()
      const code = new UserCode()
      const own = free.map((decider) => {
        const decide = code.watch((question: Question) => decider.decide(question))
        return { ...decider, name: decider.name, decide }
      })
      const first = standIn('a contract test', bench, () => ({ kind: 'refused', reason: 'no' }))
      const deciders = faulty ? [first, ...own] : own
      const ended = await ask(under, bench, { ...one, deciders }, { code })
      return 'output' in ended ? 'a decision' : 'an abstention'
    }
    for (const one of casesOf(under).slice(0, fallbackMost)) {
      const [without, behind] = [await comesTo(one, false), await comesTo(one, true)]
      expectThat(without === behind, () => `${shown(one.input)}: ${without} became ${behind}`)
    }
  })
}

function estimates(under: DecisionUnderTest, decider: Decider): Clause {
  const id = `estimate:${decider.name}`
  return clause(id, `${decider.name} estimates what each question may cost`, () => {
    const { name, options } = under.decision
    for (const one of casesOf(under)) {
      const prompt = promptOf(under, one)
      const question = { decision: name, options, ...one, prompt, complaints: [] }
      const cost = decider.estimate!(question)
      const isCost = [cost.tokens, cost.nanoUsd].every((it) => Number.isFinite(it) && it >= 0)
      expectThat(isCost, () => `${shown(one.input)}: ${shown(cost)}`)
    }
  })
}
