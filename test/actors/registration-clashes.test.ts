import { and, createMachine, fromPromise, not, setup, spawnChild } from 'xstate'
import { describe, expect, test } from 'vitest'
import { defineAgent } from '../../src/actors/definition.ts'

const actors = { work: fromPromise(() => Promise.resolve(1)) }
const invoke = { id: 'same', src: 'work' } as const

function problemsOf(define: () => unknown): string {
  try {
    define()
    return ''
  } catch (thrown) {
    return (thrown as Error).message
  }
}

describe('invoke ids', () => {
  test('two regions of a parallel state may not share one', () => {
    const machine = setup({ actors }).createMachine({
      id: 'm',
      type: 'parallel',
      states: { a: { invoke }, b: { invoke } },
    })
    expect(problemsOf(() => defineAgent({ machine }))).toContain(
      'm.b: invoke id same is also used by m.a, which can be active with it',
    )
  })

  test('a state may not share one with a state that encloses it', () => {
    const machine = setup({ actors }).createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { invoke, initial: 'b', states: { b: { invoke } } } },
    })
    expect(problemsOf(() => defineAgent({ machine }))).toContain('invoke id same')
  })

  test('states that exclude each other may share one', () => {
    const machine = setup({ actors }).createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { invoke }, b: { invoke } },
    })
    expect(problemsOf(() => defineAgent({ machine }))).toBe('')
  })
})

describe('what hides one level deeper', () => {
  test('a guard that is not implemented inside and() and not()', () => {
    const machine = createMachine({
      id: 'm',
      on: { GO: { guard: and(['one', not('two')]) } },
    })
    const text = problemsOf(() => defineAgent({ machine }))
    expect(text).toContain('m.on.GO: guard one is not implemented')
    expect(text).toContain('m.on.GO: guard two is not implemented')
  })

  test('systemId on spawnChild', () => {
    const machine = setup({ actors }).createMachine({
      id: 'm',
      entry: spawnChild('work', { id: 'w', systemId: 'everywhere' }),
    })
    expect(problemsOf(() => defineAgent({ machine }))).toContain('m.entry: systemId names an actor')
  })

  test('an event of the engine', () => {
    const machine = createMachine({ id: 'm', on: { 'xstate.*': {} } })
    expect(problemsOf(() => defineAgent({ machine }))).toContain(
      'm.on.xstate.*: it names an event of the engine; use onDone, onError or after',
    )
  })

  test('spawn behind another member that is taken apart', () => {
    const context = ({
      input: { n = 1 },
      spawn: start,
    }: {
      input: { n?: number }
      spawn: unknown
    }) => ({ n, start })
    const machine = createMachine({ id: 'm', context: context as never as () => object })
    expect(problemsOf(() => defineAgent({ machine }))).toContain(
      'it spawns inside assign or context',
    )
  })
})
