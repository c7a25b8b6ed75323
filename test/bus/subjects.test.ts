import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fnv1a32, partitionOf } from '../../src/bus/partition.ts'
import { escapeToken, subjectsOf, unescapeToken } from '../../src/bus/subjects.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('=', '.', '*', '>', ' ', 'A', '0', 'é', '😀'), maxLength: 20 }),
)
const subjects = subjectsOf('cell', { partitions: 16, shards: 1 })
const sharded = subjectsOf('cell', { partitions: 16, shards: 4 })

/** Whether a filter that ends in `>` takes a subject. */
function isIn(filter: string, subject: string): boolean {
  return subject.startsWith(filter.slice(0, -1))
}

describe('subjects', () => {
  test('escaping any text gives one token and is reversible', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const token = escapeToken(text)
        expect(token).toMatch(/^[A-Za-z0-9_=-]+$/)
        expect(unescapeToken(token)).toBe(text)
      }),
    )
  })

  test('different texts have different tokens', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        expect(escapeToken(one) === escapeToken(two)).toBe(one === two)
      }),
    )
  })

  test('readable where it can be, and short enough for the control line', () => {
    expect(escapeToken('case-17_b')).toBe('case-17_b')
    expect(escapeToken('me@home.org')).toBe('me=40home=2Eorg')
    expect(escapeToken('')).toBe('=')
    expect(escapeToken('😀'.repeat(200)).length).toBeLessThan(1_100)
    expect(() => escapeToken('\ud800')).toThrow('well-formed')
  })

  test('mailbox, journal and topic subjects parse to what they were built of', () => {
    const id = anyText.filter((text) => text !== '')
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,9}$/),
        id,
        anyText,
        (type, id, word) => {
          const address = { type, id }
          expect(subjects.topicWords(subjects.topic([word, id]))).toEqual([word, id])
          const slice = { type, partition: partitionOf(id, 16) }
          for (const layout of [subjects, sharded]) {
            expect(layout.mailAddress(layout.mail(address))).toEqual(address)
            expect(layout.journalAddress(layout.journal(address))).toEqual(address)
            expect(layout.mailAddress(layout.journal(address))).toBeUndefined()
            expect(layout.journalAddress(layout.mail(address))).toBeUndefined()
            expect(layout.mailAddress(layout.timer(address, word))).toBeUndefined()
            expect(isIn(layout.mailSlice(slice), layout.mail(address))).toBe(true)
          }
        },
      ),
    )
  })

  test('the layout is fixed: other versions of Ashlar read the same store', () => {
    const address = { type: 'desk', id: 'case.17' }
    expect(subjects.mail(address)).toBe('ash.cell.m.desk.9.case=2E17')
    expect(subjects.journal(address)).toBe('ash.cell.j.desk.case=2E17')
    expect(subjects.timer(address, 'after.5')).toBe('ash.cell.t.desk.9.case=2E17.after=2E5')
    expect(subjects.queue({ kind: 'tool', name: 'look up' })).toBe('ash.cell.w.tool.look=20up')
    expect(subjects.dead('mailbox')).toBe('ash.cell.d.mailbox')
    expect(subjects.topicFilter(['*', 'a.b', '>'])).toBe('ash.cell.n.*.a=2Eb.>')
    expect(subjects.question('echo')).toBe('ash.cell.q.echo')
    expect(subjects.actStream(address)).toBe('ASH_cell_ACT')
    expect(subjects.actStreams).toEqual([
      { name: 'ASH_cell_ACT', subjects: ['ash.cell.m.>', 'ash.cell.j.>', 'ash.cell.t.>'] },
    ])
    expect(subjects.journals('desk')).toEqual([
      { stream: 'ASH_cell_ACT', filter: 'ash.cell.j.desk.>' },
    ])
  })

  test('the layout with shards is fixed: the shard stands behind the cell', () => {
    const address = { type: 'desk', id: 'case.17' }
    expect(sharded.mail(address)).toBe('ash.cell.s1.m.desk.9.case=2E17')
    expect(sharded.mailSlice({ type: 'desk', partition: 9 })).toBe('ash.cell.s1.m.desk.9.>')
    expect(sharded.journal(address)).toBe('ash.cell.s1.j.desk.case=2E17')
    expect(sharded.timer(address, 'after.5')).toBe('ash.cell.s1.t.desk.9.case=2E17.after=2E5')
    expect(sharded.actStreams.map(({ name }) => name)).toEqual([
      'ASH_cell_ACT_0',
      'ASH_cell_ACT_1',
      'ASH_cell_ACT_2',
      'ASH_cell_ACT_3',
    ])
    expect(sharded.actStreams[3]?.subjects).toEqual([
      'ash.cell.s3.m.>',
      'ash.cell.s3.j.>',
      'ash.cell.s3.t.>',
    ])
    expect(sharded.journals()[2]).toEqual({ stream: 'ASH_cell_ACT_2', filter: 'ash.cell.s2.j.>' })
    expect(sharded.dead('mailbox')).toBe('ash.cell.d.mailbox')
  })

  test('everything of an agent lies in the stream of its slice, and in no other', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), fc.nat(), (id, partitions, more) => {
        const layout = subjectsOf('cell', { partitions, shards: 1 + (more % partitions) })
        const address = { type: 'desk', id }
        const stream = layout.actStream(address)
        const partition = partitionOf(id, partitions)
        expect(layout.sliceStream({ type: 'desk', partition })).toBe(stream)
        const all = [layout.mail(address), layout.journal(address), layout.timer(address, 't')]
        for (const subject of all) {
          const takers = layout.actStreams.filter(({ subjects }) =>
            subjects.some((filter) => isIn(filter, subject)),
          )
          expect(takers.map(({ name }) => name)).toEqual([stream])
        }
        const { filter } = layout.journals('desk').find((one) => one.stream === stream)!
        expect(isIn(filter, layout.journal(address))).toBe(true)
      }),
    )
  })

  test('cell and bucket names are checked', () => {
    expect(() => subjectsOf('Cell', { partitions: 16, shards: 4 })).toThrow('cell: expected')
    expect(() => subjectsOf('', { partitions: 16, shards: 4 })).toThrow('cell: expected')
    expect(() => subjects.bucket('a.b')).toThrow('bucket: expected')
  })
})

describe('partition', () => {
  test('is FNV-1a, as in the published test vectors', () => {
    expect(fnv1a32('')).toBe(0x811c9dc5)
    expect(fnv1a32('a')).toBe(0xe40c292c)
    expect(fnv1a32('foobar')).toBe(0xbf9cf968)
  })
})
