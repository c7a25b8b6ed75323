import { createHash } from 'node:crypto'
import type { Address } from '../contracts/address.ts'
import { InputError } from '../contracts/error.ts'
import type { MailboxSlice } from './mailbox.ts'
import { partitionOf } from './partition.ts'
import type { QueueName } from './work-queue.ts'

/** Builds and parses every subject, stream name and consumer name of one cell. */
export interface Subjects {
  readonly cell: string
  readonly partitions: number
  /** Everything the state stream holds: mail, journals and timers. */
  readonly actAll: string[]
  readonly workAll: string
  readonly deadAll: string
  readonly actStream: string
  readonly workStream: string
  readonly deadStream: string
  bucket(name: string): string
  mail(to: Address): string
  mailSlice(slice: MailboxSlice): string
  /** The address of a mailbox subject; undefined when it is none. */
  mailAddress(subject: string): Address | undefined
  journal(of: Address): string
  /** All journals of one machine type, or of all. */
  journals(type?: string): string
  journalAddress(subject: string): Address | undefined
  timer(of: Address, timerId: string): string
  queue(queue: QueueName): string
  /** The durable consumer that all workers of a queue share. */
  queueConsumer(queue: QueueName): string
  dead(kind: string): string
  topic(words: readonly string[]): string
  /** Like `topic`, with `*` for one word and a final `>` for the rest. */
  topicFilter(words: readonly string[]): string
  topicWords(subject: string): string[]
  question(service: string): string
}

const cellPattern = /^[a-z0-9-]{1,32}$/
const bucketPattern = /^[A-Za-z0-9_-]{1,64}$/
/** Consumer names and timer tokens longer than this are replaced by their hash. */
const longestTokenBytes = 200

/**
 * The subjects of one cell.
 * @throws InputError when the cell name is not 1 to 32 of `[a-z0-9-]`.
 */
export function subjectsOf(cell: string, partitions: number): Subjects {
  checkCell(cell)
  const root = `ash.${cell}`
  const mail = (to: Address): string =>
    `${root}.m.${escapeToken(to.type)}.${partitionOf(to.id, partitions)}.${escapeToken(to.id)}`
  return {
    cell,
    partitions,
    actAll: [`${root}.m.>`, `${root}.j.>`, `${root}.t.>`],
    workAll: `${root}.w.>`,
    deadAll: `${root}.d.>`,
    actStream: `ASH_${cell}_ACT`,
    workStream: `ASH_${cell}_WORK`,
    deadStream: `ASH_${cell}_DEAD`,
    bucket: (name) => `ASH_${cell}_${checkBucket(name)}`,
    mail,
    mailSlice: (slice) => `${root}.m.${escapeToken(slice.type)}.${slice.partition}.>`,
    mailAddress: (subject) => addressIn(subject, root, 'm', 3, 5, 6),
    journal: (of) => `${root}.j.${escapeToken(of.type)}.${escapeToken(of.id)}`,
    journals: (type) => (type === undefined ? `${root}.j.>` : `${root}.j.${escapeToken(type)}.>`),
    journalAddress: (subject) => addressIn(subject, root, 'j', 3, 4, 5),
    timer: (of, timerId) =>
      `${mail(of).replace(`${root}.m.`, `${root}.t.`)}.${boundedToken(timerId)}`,
    queue: (queue) => `${root}.w.${queue.kind}.${escapeToken(queue.name)}`,
    queueConsumer: (queue) => `${queue.kind}_${boundedToken(queue.name)}`,
    dead: (kind) => `${root}.d.${escapeToken(kind)}`,
    topic: (words) => `${root}.n.${words.map(escapeToken).join('.')}`,
    topicFilter: (words) => `${root}.n.${words.map(escapeFilterWord).join('.')}`,
    topicWords: (subject) =>
      subject
        .slice(root.length + 3)
        .split('.')
        .map(unescapeToken),
    question: (service) => `${root}.q.${escapeToken(service)}`,
  }
}

/** @throws InputError when the cell name is not 1 to 32 of `[a-z0-9-]`. */
export function checkCell(cell: string): string {
  if (cellPattern.test(cell)) return cell
  throw new InputError({
    field: 'cell',
    expected: '1 to 32 characters of a-z, 0-9 and -',
    got: cell,
    todo: 'choose another cell name',
  })
}

/** @throws InputError when the bucket name is not 1 to 64 of `[A-Za-z0-9_-]`. */
export function checkBucket(name: string): string {
  if (bucketPattern.test(name)) return name
  throw new InputError({
    field: 'bucket',
    expected: '1 to 64 characters of A-Z, a-z, 0-9, _ and -',
    got: name,
    todo: 'choose another bucket name',
  })
}

/**
 * Any text as one subject token of `[A-Za-z0-9_-]` and the escape sign `=`: `=2E` for an ASCII
 * character, `==<base64url of UTF-8>=` for a run of others (a third of the length of hex, so that
 * the longest id fits the broker's control line), and a single `=` for the empty text.
 * @throws InputError when the text holds half a surrogate pair, which has no UTF-8 form.
 */
export function escapeToken(text: string): string {
  if (text === '') return '='
  if (!text.isWellFormed()) {
    throw new InputError({
      field: 'id',
      expected: 'well-formed Unicode',
      got: text,
      todo: 'remove the lone surrogate',
    })
  }
  return text.replace(/[\0-\x7f]|[^\0-\x7f]+/gu, (piece) => {
    if (/^[A-Za-z0-9_-]$/.test(piece)) return piece
    if (piece.charCodeAt(0) > 0x7f) return `==${Buffer.from(piece).toString('base64url')}=`
    return `=${piece.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

/** The text that {@link escapeToken} made the token of. */
export function unescapeToken(token: string): string {
  if (token === '=') return ''
  return token.replace(
    /==([A-Za-z0-9_-]+)=|=([0-9A-F]{2})/g,
    (_, run: string | undefined, hex: string | undefined) =>
      run === undefined
        ? String.fromCharCode(parseInt(hex ?? '', 16))
        : Buffer.from(run, 'base64url').toString(),
  )
}

function escapeFilterWord(word: string): string {
  return word === '*' || word === '>' ? word : escapeToken(word)
}

/** Escaped, or hashed when long: for tokens that nobody needs to read back. */
function boundedToken(text: string): string {
  const token = escapeToken(text)
  if (token.length <= longestTokenBytes) return token
  return `=-${createHash('sha256').update(text).digest('hex')}`
}

function addressIn(
  subject: string,
  root: string,
  space: 'm' | 'j',
  typeIndex: number,
  idIndex: number,
  length: number,
): Address | undefined {
  const tokens = subject.split('.')
  if (!subject.startsWith(`${root}.${space}.`) || tokens.length !== length) return undefined
  return {
    type: unescapeToken(tokens[typeIndex] ?? ''),
    id: unescapeToken(tokens[idIndex] ?? ''),
  }
}
