import type { Property, Stepped } from 'ashlar/proof'
import { broken, monitor } from 'ashlar/proof'
import { lookUpNames, searchNames, writeNames } from '../contracts.ts'
import type { DeskContext } from '../desk-context.ts'
import type { Changes } from '../domain/database.ts'
import { answerOf, chosenMove, isOver, refusalOf, startedBy } from './steps.ts'

const tools = new Set([...lookUpNames, ...searchNames, ...writeNames])

/** How the desk treats its tools and its customer, whatever the policy says. */
export function conductProperties(): Property<Changes>[] {
  return [
    ofEveryStep('the tool that is called is the one that was named', misnamed),
    ofEveryStep('what a tool refuses goes to the model, what fails to a person', misplaced),
    ofEveryStep('what was written is remembered, and nothing else', misremembered),
    ofEveryStep('nothing is taken that comes out of turn', outOfTurn),
    identifiedOnce(),
    handedOverWhenDue(),
  ]
}

/** A property that needs no memory of what was before. */
function ofEveryStep(
  name: string,
  problemOf: (step: Stepped) => string | undefined,
): Property<Changes> {
  return monitor<Changes, null>(name, {
    initial: null,
    of: ['stepped'],
    next: (state, occurrence) => {
      const problem = occurrence.kind === 'stepped' ? problemOf(occurrence) : undefined
      return problem === undefined ? state : broken(problem)
    },
  })
}

function misnamed(step: Stepped): string | undefined {
  const called = startedBy(step).filter((name) => tools.has(name))
  const move = chosenMove(step)
  if (move?.type === 'LOOK_UP' || move?.type === 'SEARCH') {
    const names = move.type === 'LOOK_UP' ? lookUpNames : searchNames
    const isKnown = names.includes(move.name)
    if (isKnown && !called.includes(move.name)) return `${move.name} was named and is not called`
    if (!isKnown && refusalOf(step)?.rule !== 'unknown-tool') return `${move.name} was not refused`
  }
  const { act } = step.after.snapshot.context as unknown as DeskContext
  const other = called.find((name) => name !== act?.name)
  return other === undefined ? undefined : `${other} is called, and ${act?.name} was named`
}

function misplaced(step: Stepped): string | undefined {
  const { event } = step
  if (event.kind !== 'error' || !tools.has(event.childId)) return undefined
  if ((event.error as { kind?: unknown }).kind === 'rejected') {
    const isTold = refusalOf(step)?.noticedBy === 'tool'
    return isTold ? undefined : `nobody told the model that ${event.childId} refused`
  }
  const isHandedOver = startedBy(step).includes('handOver')
  return isHandedOver ? undefined : `${event.childId} failed, and no person takes over`
}

function misremembered(step: Stepped): string | undefined {
  const tool = writeNames.find((name) => answerOf(step, name) !== undefined)
  const isRemembered = startedBy(step).includes('remember')
  if (tool === undefined) return isRemembered ? 'nothing was written' : undefined
  const isWritten = !String(answerOf(step, tool)).startsWith('Error:')
  if (isWritten === isRemembered) return undefined
  return `${tool} ${isWritten ? 'was executed and is forgotten' : 'was turned down'}`
}

/** A copy, a message of an earlier turn, an answer to an earlier question. */
function outOfTurn({ event, handled, isExpected }: Stepped): string | undefined {
  if (event.kind !== 'event' || isExpected || !handled) return undefined
  return `${event.event.type} was taken, which nobody was to wait for`
}

/** Who the customer is is looked up until it is known, and then no more. */
function identifiedOnce(): Property<Changes> {
  return monitor<Changes, boolean>('a customer is identified once', {
    initial: false,
    of: ['stepped'],
    next: (isKnown, occurrence) => {
      if (occurrence.kind !== 'stepped') return isKnown
      if (isOver(occurrence)) return false
      const { event, handled } = occurrence
      const started = startedBy(occurrence)
      if (event.kind === 'event' && event.event.type === 'CUSTOMER' && handled) {
        const isAsked = started.includes('identifyCustomer')
        if (isAsked === isKnown) return broken(isKnown ? 'once more' : 'nobody asked who it is')
      }
      const answer = answerOf(occurrence, 'identifyCustomer')
      if (answer === undefined) return isKnown
      const isFound = (answer as { userId: string | null }).userId !== null
      if (isFound === started.includes('recall')) return isFound
      return broken(isFound ? 'nothing is recalled of a customer' : 'nobody knows whom to recall')
    },
  })
}

/** So many messages show that the desk cannot serve a customer. */
const patience = 3

/** A person takes over, if the model wants it, when the desk has tried or been patient; not before. */
function handedOverWhenDue(): Property<Changes> {
  return monitor<Changes, number>('a person takes over when it is due', {
    initial: 0,
    of: ['stepped'],
    next: (messages, occurrence) => {
      if (occurrence.kind !== 'stepped') return messages
      if (chosenMove(occurrence)?.type === 'TRANSFER') {
        const isHandedOver = startedBy(occurrence).includes('handOver')
        if (isHandedOver !== messages >= patience) {
          return broken(isHandedOver ? 'before anything was tried' : 'refused, after all')
        }
      }
      if (isOver(occurrence)) return 0
      if (refusalOf(occurrence) || hasAnswered(occurrence)) return patience
      const { event, handled } = occurrence
      const isMessage = event.kind === 'event' && event.event.type === 'CUSTOMER' && handled
      return isMessage ? Math.min(patience, messages + 1) : messages
    },
  })
}

function hasAnswered({ event }: Stepped): boolean {
  return event.kind === 'done' && tools.has(event.childId)
}
