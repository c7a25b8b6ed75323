import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineAgent } from '../../src/actors/definition.ts'
import { FoldWorld } from './fold-world.ts'
import { LiveWorld } from './live-world.ts'
import { zoo } from './zoo.ts'

type Move =
  | { kind: 'send'; type: string }
  | { kind: 'advance'; ms: number }
  | { kind: 'complete'; childId: string; output: number }
  | { kind: 'fail'; childId: string }

const childId = fc.constantFrom('one', 'two', 'three', 'job')
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      type: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'X'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.constantFrom(10, 20, 50),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('complete' as const),
      childId,
      output: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), childId }) },
)

/** 8 machines, 300 sequences each: 2,400 random sequences in every run of the gate. */
const sequencesPerMachine = 300

describe('fold per event through JSON equals the live XState actor', () => {
  for (const machine of zoo) {
    test(`${machine.id}: ${sequencesPerMachine} random sequences`, async () => {
      const definition = defineAgent({ machine })
      const reached = new Set<string>()
      const property = fc.asyncProperty(
        fc.array(move, { minLength: 1, maxLength: 25 }),
        async (moves) => {
          const fold = new FoldWorld(definition)
          const live = new LiveWorld(machine)
          for (const [index, next] of moves.entries()) {
            await play(fold, live, next)
            reached.add(JSON.stringify(fold.state.snapshot.value))
            expect(view(fold), `after move ${index}: ${JSON.stringify(next)}`).toEqual(
              viewLive(live),
            )
          }
          live.stop()
        },
      )
      await fc.assert(property, { numRuns: sequencesPerMachine })
      expect(reached.size).toBeGreaterThan(machine.id === 'spawner' ? 0 : 1)
    })
  }
})

async function play(fold: FoldWorld, live: LiveWorld, next: Move): Promise<void> {
  switch (next.kind) {
    case 'send':
      fold.send({ type: next.type })
      live.send({ type: next.type })
      return
    case 'advance':
      // In steps of the shortest delay: XState's clock starts timers at the end of an increment.
      for (let passed = 0; passed < next.ms; passed += 10) {
        fold.advance(10)
        live.advance(10)
      }
      return
    case 'complete':
      fold.complete(next.childId, { output: next.output })
      return live.complete(next.childId, { output: next.output })
    case 'fail':
      fold.complete(next.childId, { error: new Error('refused') })
      return live.complete(next.childId, { error: new Error('refused') })
  }
}

function view(fold: FoldWorld): unknown {
  const { snapshot, children } = fold.state
  const { status, value, context, output } = snapshot
  return { status, value, context, output, children: ids(status, children), emitted: fold.emitted }
}

function viewLive(live: LiveWorld): unknown {
  const { status, value, context, output, children } = live.snapshot
  const json: unknown = JSON.parse(JSON.stringify({ value, context }))
  return {
    status,
    ...(json as object),
    output,
    children: ids(status, children),
    emitted: live.emitted,
  }
}

/** After the end XState keeps what it did not stop; durably there is nothing left to keep. */
function ids(status: string, children: object): string[] {
  return status === 'active' ? Object.keys(children).toSorted() : []
}
