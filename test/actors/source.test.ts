import { createActor, toPromise } from 'xstate'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { decisionActor, memoryActor, toolActor } from '../../src/actors/source.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { recall } from '../../src/memory/operations.ts'
import { declareTool, defineTool } from '../../src/tools/define-tool.ts'

const contract = declareTool({
  name: 'double',
  input: z.object({ n: z.number() }),
  output: z.number(),
  effect: 'read',
})

/** Runs a source as plain XState would. */
function inPlace(logic: Parameters<typeof createActor>[0], input: object): Promise<unknown> {
  const actor = createActor(logic, { input: input as never })
  actor.subscribe({ error: () => undefined })
  const ended = toPromise(actor)
  actor.start()
  return ended as Promise<unknown>
}

describe('a source in a plain XState actor', () => {
  test('a whole tool runs in place, its input and output checked', async () => {
    const logic = toolActor(defineTool({ ...contract, execute: ({ n }) => n * 2 }))
    await expect(inPlace(logic, { n: 4 })).resolves.toBe(8)
    await expect(inPlace(logic, { n: 'four' })).rejects.toThrow('expected number')
    const wrong = toolActor(defineTool({ ...contract, execute: () => 'eight' as never }))
    await expect(inPlace(wrong, { n: 4 })).rejects.toThrow('expected number')
  })

  test.each([
    ['tool double', toolActor(contract)],
    [
      'decision next',
      decisionActor(
        declareDecision({
          name: 'next',
          input: z.object({}),
          options: z.discriminatedUnion('type', [z.object({ type: z.literal('GO') })]),
        }),
      ),
    ],
    ['memory recall', memoryActor(recall)],
  ])('%s says that its implementation is elsewhere', async (what, logic) => {
    await expect(inPlace(logic as never, { n: 1 })).rejects.toMatchObject({
      code: 'not-implemented-here',
      message:
        `${what} has no implementation in this process; ` +
        'give it one, or run the machine durably',
    })
  })
})
