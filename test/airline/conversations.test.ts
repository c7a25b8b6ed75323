import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadRuns } from '../../examples/airline-desk/domain/load.ts'
import { Replay } from './replay.ts'
import { data, DATA_DIR } from './synthetic.ts'

const runs = await loadRuns(join(DATA_DIR, 'conversations.json'))

test('there are 8 scripted conversations', () => {
  expect(runs).toHaveLength(8)
})

describe.each(runs.map((run) => ({ title: run.title, run })))('$title', ({ run }) => {
  const replay = new Replay(data, true).run(run)
  const writes = replay.steps.filter((step) => step.kind === 'write')

  test('ends as it is expected to', () => {
    const last = run.messages.at(-1)
    const transferred = last?.tool_calls?.[0]?.name === 'transfer_to_human_agents'
    expect(transferred ? 'transferred' : 'ended').toBe(run.expect?.outcome)
    if (!transferred) {
      const words = run.messages.filter((message) => message.role === 'user').at(-1)
      expect(words?.content).toContain('###STOP###')
    }
  })

  test('is refused and writes what it is expected to', () => {
    const rules = writes.flatMap(({ verdict }) => (verdict.allowed ? [] : [verdict.rule]))
    const done = writes.filter((step) => step.verdict.allowed).map((step) => step.call.name)
    expect(rules).toEqual(run.expect?.refusals)
    expect(done).toEqual(run.expect?.writes)
  })

  test('every call is accepted by its tool', () => {
    expect(replay.steps.length).toBeGreaterThan(0)
    for (const step of replay.steps) expect(step.text, step.call.name).not.toMatch(/^Error/)
  })

  test('a write follows a listing and a yes', () => {
    run.messages.forEach((message, index) => {
      const call = message.tool_calls?.[0]
      if (!writes.some((step) => step.call.id === call?.id)) return
      expect(run.messages[index - 1]).toMatchObject({ role: 'user' })
      expect(run.messages[index - 1]?.content).toMatch(/^yes\b/i)
      expect(run.messages[index - 2]).toMatchObject({ role: 'assistant' })
      expect(run.messages[index - 2]?.content).toMatch(/I would .*\(yes\/no\)\?$/)
    })
  })
})
