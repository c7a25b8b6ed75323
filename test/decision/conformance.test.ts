import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import type { Answer, Decider, Question } from '../../src/contracts/decision.ts'
import type { AgentEvent } from '../../src/contracts/event.ts'
import { chain, sure } from '../../src/decision/chain.ts'
import { recorded, rules } from '../../src/decision/deciders.ts'
import { openai } from '../../src/decision/openai.ts'
import { checkOption } from '../../src/decision/prepare.ts'
import type { Asking } from './decision-desk.ts'
import { book, decide, options, wait } from './decision-desk.ts'
import type { Api, WireServer } from './wire-server.ts'
import { startWireServer } from './wire-server.ts'

/** How a kind of decider is made that chooses one option, or can choose none. */
interface Maker {
  choosing(option: AgentEvent): Promise<Decider<Asking>>
  choosingNothing(): Promise<Decider<Asking>>
}

const servers: WireServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

function model(api: Api): Maker {
  const at = async (text: string | null): Promise<Decider<Asking>> => {
    const refusal = 'I cannot say.'
    const server = await startWireServer(() =>
      text === null ? { kind: 'answer', refusal } : { kind: 'answer', text },
    )
    servers.push(server)
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: server.baseURL })
    return openai({ client, api, model: 'gpt-asked' })
  }
  return {
    choosing: (option) => at(JSON.stringify({ choice: option })),
    choosingNothing: () => at(null),
  }
}

const ruled: Maker = {
  choosing: async (option) => rules(() => option),
  choosingNothing: async () => rules(() => null),
}

const replayed = (choices: readonly AgentEvent[]): Decider<Asking> =>
  recorded(new Map([['r', choices]]), () => ({ recording: 'r', index: 0 }))

const makers: [string, Maker][] = [
  ['openai over Responses', model('responses')],
  ['openai over Chat', model('chat')],
  ['rules', ruled],
  [
    'recorded',
    {
      choosing: async (option) => replayed([option]),
      choosingNothing: async () => replayed([]),
    },
  ],
  [
    'one that has to be sure',
    {
      choosing: async (option) =>
        sure(
          rules<Asking>(() => option),
          0.9,
        ),
      choosingNothing: async () =>
        sure(
          rules<Asking>(() => null),
          0.9,
        ),
    },
  ],
]

function question(over: Partial<Question<Asking>> = {}): Question<Asking> {
  return {
    decision: 'next',
    input: { seats: 1 },
    options,
    offered: ['BOOK', 'WAIT'],
    prompt: 'What now?',
    complaints: [],
    signal: new AbortController().signal,
    ...over,
  }
}

describe.each(makers)('%s', (_, maker) => {
  test('answers with a candidate that the contract accepts', async () => {
    const decider = await maker.choosing(book)
    const answer = await decider.decide(question())
    expect(answer).toMatchObject({ kind: 'chosen', option: book })
    const { option } = answer as Extract<Answer, { kind: 'chosen' }>
    expect(checkOption({ options }, option, ['BOOK'])).toMatchObject({ valid: true })
  })

  test('says so, with a reason, when it cannot choose', async () => {
    const answer = await (await maker.choosingNothing()).decide(question())
    expect(['abstained', 'refused']).toContain(answer.kind)
    expect((answer as { reason: string }).reason).not.toBe('')
  })

  test('gives the same question the same answer, and leaves the question as it was', async () => {
    const decider = await maker.choosing(book)
    const asked = question({ complaints: ['no such flight'] })
    const before = structuredClone({ ...asked, options: null, signal: null })
    const first = await decider.decide(asked)
    expect(await decider.decide(asked)).toEqual(first)
    expect({ ...asked, options: null, signal: null }).toEqual(before)
  })

  test('costs no more than it said it might', async () => {
    const decider = await maker.choosing(book)
    const most = decider.estimate?.(question()) ?? { tokens: 0, nanoUsd: 0 }
    const { cost = { tokens: 0, nanoUsd: 0 } } = await decider.decide(question())
    expect(cost.tokens).toBeLessThanOrEqual(most.tokens)
    expect(cost.nanoUsd).toBeLessThanOrEqual(most.nanoUsd)
  })

  test('has a name that a decision takes, and decides through the statechart', async () => {
    const { outcome } = await decide({ deciders: [await fetched(await maker.choosing(book))] })
    expect(outcome).toMatchObject({ kind: 'decided', option: { ...book, bags: 0 } })
  })

  test('what it may not choose is not chosen', async () => {
    const decider = await fetched(await maker.choosing(book))
    const { outcome } = await decide({ deciders: [decider], offered: ['WAIT'] })
    expect(outcome).toMatchObject({ kind: 'abstained' })
  })

  test('can be followed by another in a chain', async () => {
    const first = await fetched(await maker.choosingNothing())
    const last = rules<Asking>(() => wait, 'last')
    const { outcome } = await decide({ deciders: chain([first, last], { minConfidence: 0.5 }) })
    expect(outcome).toMatchObject({ option: wait, provenance: { decider: 'last' } })
  })
})

/** In the desk's virtual time a wire would be too slow, so the answer is fetched beforehand. */
async function fetched(decider: Decider<Asking>): Promise<Decider<Asking>> {
  const answer = await decider.decide(question())
  return { name: decider.name, decide: () => answer }
}
