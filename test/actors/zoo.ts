import type { AnyStateMachine } from 'xstate'
import {
  and,
  assign,
  cancel,
  emit,
  enqueueActions,
  fromPromise,
  log,
  not,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stateIn,
  stopChild,
} from 'xstate'

/** Promise sources of the zoo end when a test says so; both worlds replace this logic. */
const asked = fromPromise<number, { n: number }>(() => new Promise(() => undefined))

const hierarchy = setup({
  types: {} as { context: { n: number; trail: string[] } },
  actions: {
    note: assign({
      trail: ({ context }, params: { name: string }) => [...context.trail.slice(-4), params.name],
    }),
    count: assign({ n: ({ context }) => (context.n + 1) % 50 }),
  },
  guards: { even: ({ context }) => context.n % 2 === 0, never: () => false },
}).createMachine({
  id: 'hierarchy',
  context: { n: 0, trail: [] },
  initial: 'a',
  entry: { type: 'note', params: { name: 'root' } },
  on: { A: '.b.b2', B: { actions: 'count' }, C: { target: '.a', reenter: true } },
  states: {
    a: {
      initial: 'a1',
      entry: [{ type: 'note', params: { name: 'a' } }, 'count'],
      exit: [{ type: 'note', params: { name: '-a' } }],
      on: { D: [{ guard: 'never', target: 'b' }, { guard: 'even', target: '.a2' }, '.a1'] },
      states: {
        a1: { on: { B: 'a2' }, entry: 'count' },
        a2: { on: { B: { target: 'a1', actions: 'count' }, E: '#hierarchy.b' } },
      },
    },
    b: {
      initial: 'b1',
      exit: { type: 'note', params: { name: '-b' } },
      states: {
        b1: { always: { guard: 'even', target: 'b2' }, on: { B: { actions: 'count' } } },
        b2: { on: { B: 'b1', E: { target: '#hierarchy.a.a2', actions: raise({ type: 'D' }) } } },
      },
    },
  },
})

const parallel = setup({
  types: {} as { context: { n: number } },
  actions: { count: assign({ n: ({ context }) => (context.n + 1) % 50 }) },
  guards: { low: ({ context }) => context.n < 10 },
}).createMachine({
  id: 'parallel',
  context: { n: 0 },
  type: 'parallel',
  states: {
    left: {
      initial: 'l1',
      states: {
        l1: { on: { A: 'l2', B: { target: 'l3', guard: not(stateIn({ right: 'r2' })) } } },
        l2: { entry: 'count', on: { B: 'l1' } },
        l3: {
          on: { C: 'l1' },
          always: { guard: and(['low', stateIn({ right: 'r3' })]), target: 'l2' },
        },
      },
    },
    right: {
      initial: 'r1',
      states: {
        r1: { on: { A: 'r2' } },
        r2: { entry: raise({ type: 'C' }), on: { C: 'r3', D: 'r1' } },
        r3: { type: 'final' },
      },
      onDone: { actions: 'count' },
    },
    third: {
      initial: 't1',
      states: { t1: { on: { E: 't2' } }, t2: { on: { E: 't1', D: '#parallel.right.r1' } } },
    },
  },
})

const history = setup({
  types: {} as { context: { n: number } },
  actions: { count: assign({ n: ({ context }) => (context.n + 1) % 50 }) },
}).createMachine({
  id: 'history',
  context: { n: 0 },
  initial: 'away',
  states: {
    away: { on: { A: 'home.deep', B: 'home.shallow', C: 'home' }, entry: 'count' },
    home: {
      type: 'parallel',
      on: { D: 'away' },
      states: {
        up: {
          initial: 'x',
          states: {
            x: { on: { E: 'y' } },
            y: {
              initial: 'y1',
              states: { y1: { on: { E: 'y2' } }, y2: { on: { E: '#history.home.up.x' } } },
            },
          },
        },
        down: { initial: 'p', states: { p: { on: { A: 'q' } }, q: { on: { A: 'p' } } } },
        deep: { type: 'history', history: 'deep' },
        shallow: { type: 'history', history: 'shallow' },
      },
    },
  },
})

const timers = setup({
  types: {} as { context: { n: number; fired: string[] } },
  actions: {
    fired: assign({
      fired: ({ context }, params: { name: string }) => [...context.fired.slice(-5), params.name],
    }),
  },
  delays: { slow: ({ context }) => 30 + (context.n % 3) * 10 },
}).createMachine({
  id: 'timers',
  context: { n: 0, fired: [] },
  initial: 'idle',
  on: { LATE: { actions: { type: 'fired', params: { name: 'late' } } } },
  states: {
    idle: {
      after: { 20: 'busy', slow: { actions: { type: 'fired', params: { name: 'slow' } } } },
      on: {
        A: {
          target: 'idle',
          reenter: true,
          actions: assign({ n: ({ context }) => context.n + 1 }),
        },
        B: 'busy',
      },
    },
    busy: {
      entry: raise({ type: 'LATE' }, { id: 'late', delay: 40 }),
      after: { 50: { target: 'idle', actions: { type: 'fired', params: { name: 'busy' } } } },
      on: {
        C: { target: 'idle', actions: cancel('late') },
        D: 'idle',
        E: { target: 'busy', reenter: true, actions: cancel('late') },
      },
      exit: cancel('late'),
    },
  },
})

const invoker = setup({
  types: {} as { context: { got: number; failed: number } },
  actors: { asked },
  actions: {
    keep: assign({ got: ({ context }, params: { output: number }) => context.got + params.output }),
    failed: assign({ failed: ({ context }) => context.failed + 1 }),
  },
}).createMachine({
  id: 'invoker',
  context: { got: 0, failed: 0 },
  initial: 'idle',
  states: {
    idle: { on: { A: 'asking', B: 'both' } },
    asking: {
      invoke: {
        id: 'one',
        src: 'asked',
        input: ({ context }) => ({ n: context.got }),
        onDone: {
          target: 'idle',
          actions: { type: 'keep', params: ({ event }) => ({ output: event.output }) },
        },
        onError: { target: 'idle', actions: 'failed' },
      },
      after: { 30: 'idle' },
      on: { C: 'idle', D: { target: 'asking', reenter: true } },
    },
    both: {
      type: 'parallel',
      onDone: 'idle',
      on: { E: 'idle' },
      states: {
        p: {
          initial: 'wait',
          states: {
            wait: {
              invoke: {
                id: 'two',
                src: 'asked',
                input: { n: 2 },
                onDone: {
                  target: 'ok',
                  actions: { type: 'keep', params: ({ event }) => ({ output: event.output }) },
                },
                onError: 'ok',
              },
            },
            ok: { type: 'final' },
          },
        },
        q: {
          initial: 'wait',
          states: {
            wait: {
              invoke: {
                id: 'three',
                src: 'asked',
                input: { n: 3 },
                onDone: {
                  actions: { type: 'keep', params: ({ event }) => ({ output: event.output }) },
                },
              },
              on: { A: 'ok' },
            },
            ok: { type: 'final' },
          },
        },
      },
    },
  },
})

const finisher = setup({
  types: {} as { context: { n: number }; output: { n: number; how: string } },
  actors: { asked },
}).createMachine({
  id: 'finisher',
  context: { n: 0 },
  initial: 'work',
  output: ({ context, event }) => ({
    n: context.n,
    how: String((event as { output?: unknown }).output),
  }),
  states: {
    work: {
      invoke: { id: 'job', src: 'asked', input: { n: 1 }, onDone: 'end' },
      after: { 100: 'end' },
      on: {
        A: { actions: assign({ n: ({ context }) => context.n + 1 }) },
        B: { guard: ({ context }) => context.n > 3, target: 'end' },
        C: { actions: raise({ type: 'A' }, { delay: 30 }) },
        D: {
          guard: ({ context }) => context.n > 5,
          actions: assign(() => {
            throw new Error('no more')
          }),
        },
      },
    },
    end: { type: 'final', output: ({ context }) => `n${context.n}` },
  },
})

const child = setup({
  types: {} as { context: { n: number }; input: { from: number }; output: number },
}).createMachine({
  id: 'child',
  context: ({ input }) => ({ n: input.from }),
  initial: 'counting',
  output: ({ context }) => context.n,
  states: {
    counting: {
      entry: sendParent({ type: 'HELLO' }),
      on: {
        PING: {
          actions: [
            assign({ n: ({ context }) => context.n + 1 }),
            sendParent(({ context }) => ({ type: 'PONG', n: context.n })),
          ],
        },
        END: 'over',
      },
      after: { 60: { actions: sendParent({ type: 'TICK' }) } },
    },
    over: { type: 'final' },
  },
})

const family = setup({
  types: {} as { context: { pongs: number; sum: number; hellos: number } },
  actors: { child },
  actions: {
    pong: assign({ pongs: ({ context }) => context.pongs + 1 }),
    hello: assign({ hellos: ({ context }) => context.hellos + 1 }),
  },
}).createMachine({
  id: 'family',
  context: { pongs: 0, sum: 0, hellos: 0 },
  initial: 'alone',
  on: {
    HELLO: { actions: 'hello' },
    PONG: { actions: 'pong' },
    TICK: { actions: ['hello', 'pong'] },
  },
  states: {
    alone: { on: { A: 'raising' } },
    raising: {
      entry: sendTo('kid', { type: 'PING' }),
      invoke: {
        id: 'kid',
        src: 'child',
        input: ({ context }) => ({ from: context.pongs }),
        onDone: {
          target: 'alone',
          actions: assign({ sum: ({ context, event }) => context.sum + event.output }),
        },
      },
      on: {
        B: { actions: sendTo('kid', { type: 'PING' }) },
        C: { actions: sendTo('kid', { type: 'END' }) },
        D: 'alone',
        E: { actions: sendTo('kid', { type: 'PING' }, { delay: 20 }) },
      },
    },
  },
})

const spawner = setup({
  types: {} as { context: { n: number; sum: number } },
  actors: { child },
}).createMachine({
  id: 'spawner',
  context: { n: 0, sum: 0 },
  on: {
    A: {
      guard: ({ context }) => context.n === 0,
      actions: [spawnChild('child', { id: 'c', input: { from: 5 } }), assign({ n: 1 })],
    },
    B: { guard: ({ context }) => context.n === 1, actions: sendTo('c', { type: 'PING' }) },
    C: { guard: ({ context }) => context.n === 1, actions: [stopChild('c'), assign({ n: 0 })] },
    D: {
      actions: enqueueActions(({ enqueue, check }) => {
        if (check(({ context }) => context.sum < 5))
          enqueue.assign({ sum: ({ context }) => context.sum + 1 })
        else enqueue.raise({ type: 'E' })
      }),
    },
    E: { actions: [assign({ sum: 0 }), emit({ type: 'RESET' }), log('reset')] },
    PONG: { actions: assign({ sum: ({ context }) => context.sum + 10 }) },
  },
})

/** Machines that between them use every feature that runs durably. */
export const zoo: readonly AnyStateMachine[] = [
  hierarchy,
  parallel,
  history,
  timers,
  invoker,
  finisher,
  family,
  spawner,
]
