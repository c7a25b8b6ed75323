import { expect, test } from 'vitest'
import { ChatScreen } from '../../src/cli/chat-screen.ts'

function open(): { screen: ChatScreen; shown: () => string; writes: string[] } {
  const writes: string[] = []
  const screen = new ChatScreen('desk', (text) => writes.push(text))
  return { screen, shown: () => writes.join(''), writes }
}

/** Pieces of the text of one attempt of a call. */
function tell(screen: ChatScreen, call: string, texts: string[], attempt = 1, first = 0): void {
  for (const [at, text] of texts.entries()) {
    screen.piece({ decision: 'd', call, attempt, index: first + at, text })
  }
}

test('a text that nobody told before stands on a line of its own', () => {
  const { screen, writes } = open()
  screen.heard('hello')
  screen.said('Good day.')
  screen.note('that is all')
  expect(writes).toEqual(['you> hello\n', 'desk> Good day.\n', 'that is all\n'])
})

test('pieces are written as they come, and the whole text is not written again', () => {
  const { screen, writes } = open()
  tell(screen, 'a', ['It ', 'is ', 'done.'])
  expect(writes).toEqual(['desk> ', 'It ', 'is ', 'done.'])
  screen.ended(['a'])
  screen.said('It is done.')
  screen.settle()
  expect(writes.join('')).toBe('desk> It is done.\n')
})

test('what was not told of a text is written when it is said', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['It '])
  screen.said('It is done.')
  expect(shown()).toBe('desk> It is done.\n')
})

test('after a gap no more pieces are written, and nothing is missed', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['It '])
  tell(screen, 'a', ['done', '.'], 1, 2)
  expect(shown()).toBe('desk> It ')
  screen.said('It is done.')
  expect(shown()).toBe('desk> It is done.\n')
})

test('a text whose beginning was missed is written when it is said', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['is ', 'done.'], 1, 1)
  expect(shown()).toBe('')
  screen.said('It is done.')
  expect(shown()).toBe('desk> It is done.\n')
})

test('a piece that comes twice is written once', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['It ', 'is '])
  tell(screen, 'a', ['is ', 'done.'], 1, 1)
  screen.said('It is done.')
  expect(shown()).toBe('desk> It is done.\n')
})

test('a new attempt takes the earlier one back and begins on a new line', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['It ', 'was '])
  tell(screen, 'a', ['It ', 'is ', 'done.'], 2)
  tell(screen, 'a', ['late'], 1, 2)
  screen.said('It is done.')
  expect(shown()).toBe('desk> It was  (taken back)\ndesk> It is done.\n')
})

test('a new call begins on a new line, and neither text is written twice', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['One', ' moment.'])
  tell(screen, 'b', ['It ', 'is '])
  screen.ended(['a'])
  screen.said('One moment.')
  tell(screen, 'b', ['done.'], 1, 2)
  screen.ended(['b'])
  screen.said('It is done.')
  expect(shown()).toBe('desk> One moment.\ndesk> It is done.\n')
})

test('of two texts at the same time the later has the line; the other is written when it is said', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['One '])
  tell(screen, 'b', ['Two '])
  tell(screen, 'a', ['is one.'], 1, 1)
  tell(screen, 'b', ['is two.'], 1, 1)
  screen.said('One is one.')
  screen.said('Two is two.')
  expect(shown()).toBe('desk> One \ndesk> Two is two.\ndesk> One is one.\n')
})

test('a text whose call came to another is taken back', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['I will ', 'cancel it.'])
  screen.ended(['a'])
  screen.said('I cannot do that.')
  expect(shown()).toBe('desk> I will cancel it. (taken back)\ndesk> I cannot do that.\n')
})

test('a text that comes to nothing is taken back when the turn is over', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['It '])
  screen.settle()
  tell(screen, 'a', ['is.'], 1, 1)
  screen.ended(['a'])
  screen.settle()
  expect(shown()).toBe('desk> It is. (taken back)\n')
})

test('pieces of a call that has ended are late', () => {
  const { screen, shown } = open()
  screen.ended(['a'])
  screen.said('It is done.')
  tell(screen, 'a', ['It ', 'is ', 'done.'])
  expect(shown()).toBe('desk> It is done.\n')
})

test('a line that is open when all is over is ended', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['It '])
  screen.close()
  screen.close()
  expect(shown()).toBe('desk> It \n')
})

test('a text cannot steer the terminal', () => {
  const { screen, shown } = open()
  tell(screen, 'a', ['\u001B[2J', 'It is\r\n', 'done.'])
  screen.said('\u001B[2JIt is\r\ndone.')
  expect(shown()).toBe('desk> [2JIt is\ndone.\n')
})
