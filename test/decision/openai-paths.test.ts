import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Completion } from '../../src/actors/performer.ts'
import { createPerformers } from '../../src/cli/performers.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { BudgetCaps } from '../../src/contracts/budget.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import type { Decided, DecisionOutcome } from '../../src/contracts/decision.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { rules } from '../../src/decision/deciders.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import { openai } from '../../src/decision/openai.ts'
import { book, options, wait, withoutProvenance } from './decision-desk.ts'
import type { Api, Reply, WireServer } from './wire-server.ts'
import { startWireServer } from './wire-server.ts'

const servers: WireServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

/** Twenty seconds of waiting pass in one. */
function fastClock(): Clock {
  const clock = systemClock()
  const begunMs = clock.now()
  const haste = 20
  return {
    now: () => begunMs + (clock.now() - begunMs) * haste,
    at: (deadlineMs, fire) => clock.at(begunMs + (deadlineMs - begunMs) / haste, fire),
  }
}

interface Ended {
  completion: Completion
  outcome: DecisionOutcome | undefined
  server: WireServer
}

/** One decision, by a model at the wire and then by a rule, as the runtime performs it. */
async function run(api: Api, replies: readonly Reply[], budget?: BudgetCaps): Promise<Ended> {
  const server = await startWireServer((_, count) => replies[count - 1] ?? replies.at(-1)!)
  servers.push(server)
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: server.baseURL })
  const decision = defineDecision({
    name: 'next',
    input: z.object({ seats: z.number() }),
    options,
    timeoutMs: 10_000,
    repairs: 1,
    retries: 2,
    retryMaxMs: 5_000,
    prompt: () => 'What now?',
    deciders: [openai({ client, api, model: 'gpt-asked' }), rules(() => wait)],
  })
  const clock = fastClock()
  const random = seededRandom(1)
  const { keyValue } = createLocalBroker({ clock }).connect('test')
  let outcome: DecisionOutcome | undefined
  const onDecided = (decided: Decided): void => void (outcome = decided.outcome)
  const ports = { keyValue, clock, random, ids: countingIds('paths'), onDecided }
  const [performer] = createPerformers({ decisions: [decision] }, ports).serves
  const agent = { type: 'desk', id: '1' }
  const budgets = budget ? [{ name: 'desk/1', caps: budget, openedAtMs: clock.now() }] : []
  const call = { id: 'desk/1:2:0', agent, input: { seats: 1 }, offered: ['BOOK', 'WAIT'], budgets }
  const completion = await performer!.perform(call, new AbortController().signal)
  return { completion: withoutProvenance(completion), outcome, server }
}

const said = (choice: unknown): Reply => ({ kind: 'answer', text: JSON.stringify({ choice }) })
const good = said(book)
const error = (status: number, headers: Record<string, string> = {}): Reply => ({
  kind: 'error',
  status,
  message: 'no',
  headers,
})

describe.each<Api>(['responses', 'chat'])('a model over %s', (api) => {
  const served: [string, Reply[], number][] = [
    ['that answers', [good], 1],
    ['that has a limit and says when', [error(429, { 'retry-after': '2' }), good], 2],
    ['that fails twice', [error(500), error(503), good], 3],
    ['whose connection breaks', [{ kind: 'reset' }, good], 2],
    ['that says no JSON', [{ kind: 'answer', text: 'Book it!' }, good], 2],
    ['that says nothing', [{ kind: 'answer' }, good], 2],
    ['that is cut off', [{ kind: 'answer', text: '{"ch', stopped: 'length' }, good], 2],
    ['that breaks the schema', [said({ type: 'BOOK' }), good], 2],
    ['that chooses what is not offered', [said({ type: 'FLY' }), good], 2],
    ['with one trouble after another', [error(500), said({ type: 'FLY' }), error(500), good], 4],
  ]
  test.each(served)('%s decides', async (_, replies, attempts) => {
    const { completion, outcome, server } = await run(api, replies)
    expect(completion).toEqual({ output: { ...book, bags: 0 } })
    expect(outcome).toMatchObject({ provenance: { decider: 'openai', attempts } })
    expect(server.asked).toHaveLength(attempts)
  })

  test('hears exactly what was wrong', async () => {
    const { server } = await run(api, [said({ type: 'BOOK' }), good])
    const { body } = server.asked[1]!
    const messages = (api === 'chat' ? body['messages'] : body['input']) as { content: string }[]
    expect(messages.at(-1)!.content).toBe(
      'Your answer was not accepted: the choice breaks its schema: ' +
        'flight: Invalid input: expected string, received undefined. Choose again.',
    )
  })

  const passedOver: [string, Reply[], number][] = [
    ['that refuses', [{ kind: 'answer', refusal: 'I will not.' }], 1],
    ['that stays wrong', [said({ type: 'FLY' })], 2],
    ['that stays away', [error(500)], 3],
    ['that wants too long a wait', [error(429, { 'retry-after': '60' })], 1],
    ['that is too slow', [{ kind: 'silence' }], 1],
    ['whose key is wrong', [error(401)], 1],
  ]
  test.each(passedOver)('%s is passed over', async (_, replies, asked) => {
    const { completion, outcome, server } = await run(api, replies)
    expect(completion).toEqual({ output: wait })
    expect(outcome).toMatchObject({ provenance: { decider: 'rules' } })
    expect(server.asked).toHaveLength(asked)
  })

  test('that no budget is left for is not asked', async () => {
    const { completion, server } = await run(api, [good], { tokens: 2_000 })
    expect(completion).toEqual({ output: wait })
    expect(server.asked).toHaveLength(0)
  })

  test('that the budget covers is asked, also again', async () => {
    const replies = [said({ type: 'FLY' }), good]
    const { completion, server } = await run(api, replies, { calls: 2, tokens: 6_000 })
    expect(completion).toMatchObject({ output: book })
    expect(server.asked).toHaveLength(2)
  })
})
