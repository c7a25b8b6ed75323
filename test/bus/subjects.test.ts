import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fnv1a32, partitionOf } from '../../src/bus/partition.ts'
import { escapeToken, subjectsOf, unescapeToken } from '../../src/bus/subjects.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('=', '.', '*', '>', ' ', 'A', '0', 'é', '😀'), maxLength: 20 }),
)
const subjects = subjectsOf('cell', 16)

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
          expect(subjects.mailAddress(subjects.mail(address))).toEqual(address)
          expect(subjects.journalAddress(subjects.journal(address))).toEqual(address)
          expect(subjects.mailAddress(subjects.journal(address))).toBeUndefined()
          expect(subjects.topicWords(subjects.topic([word, id]))).toEqual([word, id])
          const slice = { type, partition: partitionOf(id, 16) }
          expect(subjects.mail(address).startsWith(subjects.mailSlice(slice).slice(0, -1))).toBe(
            true,
          )
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
    expect(subjects.actStream).toBe('ASH_cell_ACT')
  })

  test('cell and bucket names are checked', () => {
    expect(() => subjectsOf('Cell', 16)).toThrow('cell: expected')
    expect(() => subjectsOf('', 16)).toThrow('cell: expected')
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
