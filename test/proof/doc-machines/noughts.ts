import { assign, setup } from 'xstate'

const lines = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [0, 3, 6],
  [1, 4, 7],
  [2, 5, 8],
  [0, 4, 8],
  [2, 4, 6],
] as const

interface Context {
  board: string[]
  turn: 'x' | 'o'
}

const other = (turn: 'x' | 'o'): 'x' | 'o' => (turn === 'x' ? 'o' : 'x')

/** Noughts and crosses, for two. */
export const noughts = setup({
  types: {} as { context: Context; events: { type: 'MARK'; cell: number } | { type: 'AGAIN' } },
  guards: {
    isFree: ({ context, event }) => event.type === 'MARK' && context.board[event.cell] === '',
    hasWon: ({ context }) =>
      lines.some((line) => line.every((cell) => context.board[cell] === other(context.turn))),
    isFull: ({ context }) => context.board.every((mark) => mark !== ''),
  },
}).createMachine({
  id: 'noughts',
  context: { board: Array.from({ length: 9 }, () => ''), turn: 'x' },
  initial: 'playing',
  states: {
    playing: {
      always: [
        { guard: 'hasWon', target: 'over.won' },
        { guard: 'isFull', target: 'over.drawn' },
      ],
      on: {
        MARK: {
          guard: 'isFree',
          actions: assign(({ context, event }) => ({
            board: context.board.with(event.cell, context.turn),
            turn: other(context.turn),
          })),
        },
      },
    },
    over: {
      initial: 'drawn',
      states: { won: {}, drawn: {} },
      on: {
        AGAIN: {
          target: 'playing',
          actions: assign({ board: Array.from({ length: 9 }, () => ''), turn: 'x' }),
        },
      },
    },
  },
})
