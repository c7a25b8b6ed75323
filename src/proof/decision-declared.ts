import type { AgentEvent } from '../contracts/event.ts'
import { copyJson, isObject } from '../contracts/json.ts'
import type { Clause } from './clause.ts'
import { cannotTest, clause, expectThat, shown, untested } from './clause.ts'
import { pauseReally } from './contract-bench.ts'
import type { Case, DecisionUnderTest } from './decision-under-test.ts'
import { ask, casesOf, optionsOf, promptOf, reasonOf, standIn } from './decision-under-test.ts'
import { nearMisses } from './near-misses.ts'
import { expectRoundTrip } from './tool-declared.ts'
import { isSameJson, namesPath } from './tool-under-test.ts'

const defaultMaxTokens = 24_000

/** What the schemas and the prompt of a decision promise; no decider of its own is asked. */
export function declaredDecisionClauses(under: DecisionUnderTest): Clause[] {
  return [
    inputFits(under),
    optionsFit(under),
    badInput(under),
    nothingOffered(under),
    purePrompt(under),
    boundedPrompt(under),
    secretFree(under),
  ]
}

function inputFits(under: DecisionUnderTest): Clause {
  return clause('input', 'example inputs fit the input schema and survive JSON', () => {
    for (const { input, offered } of casesOf(under)) {
      expectRoundTrip(under.decision.input, input, 'the input')
      const unknown = offered.find((type) => !under.decision.optionTypes.includes(type))
      expectThat(unknown === undefined, `an example offers ${unknown}, which is no option`)
    }
  })
}

function optionsFit(under: DecisionUnderTest): Clause {
  return clause('options', 'every option fits its schema and survives JSON', () => {
    const { options, optionTypes } = under.decision
    const made = optionsOf(under)
    for (const option of made) expectRoundTrip(options, option, 'the option')
    const missing = optionTypes.find((type) => made.every((option) => option.type !== type))
    if (missing !== undefined) cannotTest(`no example of the option ${missing} could be made`)
    const changed = made.find(
      ({ type }, index) => (options.parse(made[index]) as AgentEvent).type !== type,
    )
    expectThat(changed === undefined, () => `the schema makes another option of ${shown(changed)}`)
  })
}

function badInput(under: DecisionUnderTest): Clause {
  const says = 'an input that breaks the schema is named, and nobody is asked'
  return clause('bad-input', says, async () => {
    const { decision, openBench } = under
    const cases = casesOf(under)
    const inputs = cases.map(({ input }) => input)
    const bench = openBench()
    const nobody = standIn('nobody', bench, () => ({ kind: 'abstained', reason: 'asked' }))
    for (const { value, path, what } of nearMisses(decision.input, inputs)) {
      const asked = { input: value, offered: decision.optionTypes, deciders: [nobody] }
      const reason = reasonOf(await ask(under, bench, asked))
      const at = `${path || 'the input'}: ${what}, as in ${shown(value)}`
      expectThat(nobody.questions.length === 0, `${at}: it was asked`)
      expectThat(reason !== '', `${at}: it was decided`)
      expectThat(path === '' || namesPath(reason, path), `${at}: not named in: ${reason}`)
    }
  })
}

function nothingOffered(under: DecisionUnderTest): Clause {
  return clause('nothing-offered', 'where nothing is offered nobody is asked', async () => {
    const bench = under.openBench()
    const nobody = standIn('nobody', bench, () => ({ kind: 'abstained', reason: 'asked' }))
    const [{ input } = { input: null }] = casesOf(under)
    const ended = await ask(under, bench, { input, offered: [], deciders: [nobody] })
    expectThat('error' in ended, 'it was decided')
    expectThat(nobody.questions.length === 0, 'it was asked')
  })
}

function purePrompt(under: DecisionUnderTest): Clause {
  const says =
    'the prompt is a pure function: the same text for the same state, which it leaves alone'
  return clause('prompt-pure', says, async () => {
    const cases = casesOf(under)
    const first = cases.map((one) => {
      const { input, offered } = one
      const parsed: unknown = under.decision.input.parse(copyJson(input))
      const moves = [...offered]
      const before = copyJson(parsed)
      const prompt = under.decision.prompt(parsed, moves)
      expectThat(typeof prompt === 'string', () => `${shown(input)}: it is no text`)
      expectThat(isSameJson(parsed, before), () => `${shown(input)}: it changes its input`)
      expectThat(isSameJson(moves, offered), () => `${shown(input)}: it changes what is offered`)
      return prompt
    })
    // The time must not be in it either.
    await pauseReally(under.openBench(), 2)
    for (const [index, one] of cases.entries()) {
      const second = promptOf(under, one)
      const before = first[index]!
      expectThat(before === second, () => `${shown(one.input)}: ${difference(before, second)}`)
    }
  })
}

function difference(one: string, other: string): string {
  const at = one.split('').findIndex((character, index) => character !== other[index])
  const from = Math.max(0, at - 20)
  return `first ${shown(one.slice(from, from + 60))}, then ${shown(other.slice(from, from + 60))}`
}

function boundedPrompt(under: DecisionUnderTest): Clause {
  const { maxTokens = defaultMaxTokens } = under.options
  const says = `the prompt stays within ${maxTokens} tokens`
  return clause('prompt-bounds', says, () => {
    for (const one of casesOf(under)) {
      const tokens = under.estimateTokens(promptOf(under, one))
      expectThat(tokens <= maxTokens, () => `${shown(one.input)}: about ${tokens}`)
    }
  })
}

function secretFree(under: DecisionUnderTest): Clause {
  const { secrets = [] } = under.options
  const says = 'no secret that comes in with the state gets into the prompt'
  if (secrets.length === 0) {
    return untested('prompt-secrets', says, 'notRun', 'no `secrets` are given')
  }
  return clause('prompt-secrets', says, () => {
    for (const one of casesOf(under)) {
      for (const { secret, planted } of plant(under, one, secrets)) {
        const prompt = promptOf(under, planted)
        expectThat(!prompt.includes(secret), () => `${shown(planted.input)}: it is in the prompt`)
      }
    }
  })
}

/** The case as it is, and with each secret in each place where any text may stand. */
function plant(
  { decision }: DecisionUnderTest,
  one: Case,
  secrets: readonly string[],
): { secret: string; planted: Case }[] {
  return secrets.flatMap((secret) => {
    const inputs = [one.input, ...withText(one.input, `it is ${secret}, they say`)]
    return inputs
      .filter((input) => decision.input.safeParse(input).success)
      .map((input) => ({ secret, planted: { ...one, input } }))
  })
}

/** Copies of a value with one of its texts replaced. */
function withText(value: unknown, text: string): unknown[] {
  if (typeof value === 'string') return [text]
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => withText(item, text).map((it) => value.with(index, it)))
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) =>
    withText(member, text).map((it) => ({ ...value, [name]: it })),
  )
}
