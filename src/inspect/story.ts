import type { JournalRecord } from '../contracts/record.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { describeEvent } from '../contracts/event.ts'
import { describeValue } from '../contracts/state.ts'

/** One transition in words. */
export interface Scene {
  step: number
  atMs: number
  /** What came in, with what it said. */
  event: string
  /** Where the machine was afterwards. */
  state: string
  /** What it asked the world to do. */
  asks: string[]
  /** What is worth knowing beside it: not handled, or answered at the second try. */
  notes: string[]
}

const detailMaxCharacters = 160

/** The journal as a story, one scene per transition. */
export function storyOf(records: readonly JournalRecord[]): Scene[] {
  return records.map((record) => {
    const { step, atMs, event, state, outbox } = record
    const asks = outbox.flatMap((effect) => {
      if (effect.kind === 'spawn') return [`${effect.child} ${effect.target ?? effect.src}`]
      if (effect.kind === 'send') return [`send ${effect.event.type} to ${effect.to.type}`]
      return effect.kind === 'emit' ? [`emit ${effect.event.type}`] : []
    })
    const value = describeValue(state.snapshot.value)
    return { step, atMs, event: inWords(event), state: value, asks, notes: notesOf(record) }
  })
}

function inWords(event: NeutralEvent): string {
  const name = describeEvent(event)
  switch (event.kind) {
    case 'event': {
      const { type: _type, ...members } = event.event
      return `${name}${detail(members)}`
    }
    case 'done':
      return `${name}${detail(event.output)}`
    case 'error':
      return `${name}${detail(event.error.message)}`
    case 'init':
      return `${name}${detail(event.input)}`
    case 'timer':
    case 'stop':
    case 'resume':
      return name
  }
}

function detail(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text === '{}') return ''
  const short = text.replaceAll(/\s+/g, ' ').slice(0, detailMaxCharacters)
  return ` ${short}${text.length > detailMaxCharacters ? '…' : ''}`
}

function notesOf({ event, handled }: JournalRecord): string[] {
  const notes: string[] = []
  if (!handled) notes.push('not handled')
  if (event.kind === 'done' && event.provenance) {
    const { decider, model, attempts, confidence } = event.provenance
    notes.push(`by ${model === undefined ? decider : `${decider} (${model})`}`)
    if (attempts > 1) notes.push(`after ${attempts} attempts`)
    if (confidence !== undefined) notes.push(`${confidence.toFixed(2)} sure`)
  }
  return notes
}
