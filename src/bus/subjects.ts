import { createHash } from 'node:crypto'
import type { Address } from '../contracts/address.ts'
import { InputError } from '../contracts/error.ts'
import type { MailboxSlice } from './mailbox.ts'
import { partitionOf } from './partition.ts'
import type { QueueName } from './work-queue.ts'

/** How the agents of a cell are spread; every process of the cell has the same. */
export interface CellLayout {
  /** Slices of the mail of every machine type. */
  readonly partitions: number
  /** State streams. Partition `p` lies in shard `p % shards`. */
  readonly shards: number
}

/** Builds and parses every subject, stream name and consumer name of one cell. */
export interface Subjects {
  readonly cell: string
  /** The state streams, one per shard: mail, journals and timers. */
  readonly actStreams: readonly { readonly name: string; readonly subjects: string[] }[]
  readonly workAll: string
  readonly deadAll: string
  /** The state stream that holds everything of an agent. */
  actStream(of: Address): string
  /** The state stream that holds a slice. */
  sliceStream(slice: MailboxSlice): string
  readonly workStream: string
  readonly deadStream: string
  bucket(name: string): string
  mail(to: Address): string
  mailSlice(slice: MailboxSlice): string
  /** The address of a mailbox subject; undefined when it is none. */
  mailAddress(subject: string): Address | undefined
  journal(of: Address): string
  /** All journals of one machine type, or of all: a filter for each state stream. */
  journals(type?: string): { readonly stream: string; readonly filter: string }[]
  journalAddress(subject: string): Address | undefined
  /** The slice that an agent belongs to. */
  slice(of: Address): MailboxSlice
  timer(of: Address, timerId: string): string
  /** All timers of a slice. */
  timerSlice(slice: MailboxSlice): string
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
const plainToken = /^[A-Za-z0-9_-]+$/
const shardToken = /^s\d+$/
/** Consumer names and timer tokens longer than this are replaced by their hash. */
const longestTokenBytes = 200

/**
 * The subjects of one cell.
 * @throws InputError when the cell name is not 1 to 32 of `[a-z0-9-]`.
 */
export function subjectsOf(cell: string, layout: CellLayout): Subjects {
  checkCell(cell)
  const root = `ash.${cell}`
  return {
    cell,
    ...stateSubjects(cell, root, layout),
    workAll: `${root}.w.>`,
    deadAll: `${root}.d.>`,
    workStream: `ASH_${cell}_WORK`,
    deadStream: `ASH_${cell}_DEAD`,
    bucket: (name) => `ASH_${cell}_${checkBucket(name)}`,
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

/** What lies in the state streams. A cell with one shard has no shard in its names. */
function stateSubjects(
  cell: string,
  root: string,
  { partitions, shards }: CellLayout,
): Pick<
  Subjects,
  | 'actStreams'
  | 'actStream'
  | 'sliceStream'
  | 'mail'
  | 'mailSlice'
  | 'mailAddress'
  | 'journal'
  | 'journals'
  | 'journalAddress'
  | 'slice'
  | 'timer'
  | 'timerSlice'
> {
  const streamOf = (shard: number): string =>
    shards === 1 ? `ASH_${cell}_ACT` : `ASH_${cell}_ACT_${shard}`
  const rootOf = (shard: number): string => (shards === 1 ? root : `${root}.s${shard}`)
  const shardOf = (id: string): number => (shards === 1 ? 0 : partitionOf(id, partitions) % shards)
  const all = Array.from({ length: shards }, (_, shard) => shard)
  const allOf = (space: 'm' | 't', { type, partition }: MailboxSlice): string =>
    `${rootOf(partition % shards)}.${space}.${escapeToken(type)}.${partition}.>`
  const inSlice = (space: 'm' | 't', { type, id }: Address): string => {
    const partition = partitionOf(id, partitions)
    return `${rootOf(partition % shards)}.${space}.${escapeToken(type)}.${partition}.${escapeToken(id)}`
  }
  return {
    actStreams: all.map((shard) => ({
      name: streamOf(shard),
      subjects: ['m', 'j', 't'].map((space) => `${rootOf(shard)}.${space}.>`),
    })),
    actStream: (of) => streamOf(shardOf(of.id)),
    sliceStream: (slice) => streamOf(slice.partition % shards),
    mail: (to) => inSlice('m', to),
    mailSlice: (slice) => allOf('m', slice),
    mailAddress: (subject) => addressIn(subject, root, 'm'),
    journal: ({ type, id }) => `${rootOf(shardOf(id))}.j.${escapeToken(type)}.${escapeToken(id)}`,
    journals: (type) =>
      all.map((shard) => ({
        stream: streamOf(shard),
        filter: `${rootOf(shard)}.j.${type === undefined ? '' : `${escapeToken(type)}.`}>`,
      })),
    journalAddress: (subject) => addressIn(subject, root, 'j'),
    slice: ({ type, id }) => ({ type, partition: partitionOf(id, partitions) }),
    timerSlice: (slice) => allOf('t', slice),
    timer: (of, timerId) => `${inSlice('t', of)}.${boundedToken(timerId)}`,
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
  if (plainToken.test(text)) return text
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
    if (plainToken.test(piece)) return piece
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

/** Of `m.<type>.<partition>.<id>` or `j.<type>.<id>`, with or without a shard in front. */
function addressIn(subject: string, root: string, space: 'm' | 'j'): Address | undefined {
  if (!subject.startsWith(`${root}.`)) return undefined
  const tokens = subject.slice(root.length + 1).split('.')
  if (shardToken.test(tokens[0] ?? '')) tokens.shift()
  if (tokens[0] !== space || tokens.length !== (space === 'm' ? 4 : 3)) return undefined
  return { type: unescapeToken(tokens[1] ?? ''), id: unescapeToken(tokens.at(-1) ?? '') }
}
