import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../src/contracts/clock.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { Choices, seldom } from '../../src/proof/choices.ts'
import { ProcessClock } from '../../src/proof/process-clock.ts'
import { Turns } from '../../src/proof/turns.ts'

const never = { rate: 0, longest: 1 }

describe('turns', () => {
  test('first come, first served, where nobody is held back', () => {
    const turns = new Turns(Choices.scripted([]), never)
    for (const label of ['x', 'y', 'z']) void turns.turn('a', label)
    expect(['x', 'y', 'z'].map(() => turns.take()?.label)).toEqual(['x', 'y', 'z'])
    expect(turns.take()).toBeUndefined()
  })

  test('who is held back is overtaken, and a suspended one waits', () => {
    const turns = new Turns(Choices.scripted([{ key: 'hold a x #1', value: 5 }]), never)
    void turns.turn('a', 'x')
    void turns.turn('b', 'y')
    void turns.turn('c', 'z')
    turns.suspend('b')
    expect([turns.take()?.label, turns.take()?.label, turns.take()]).toEqual(['z', 'x', undefined])
    turns.resume('b')
    expect(turns.take()?.label).toBe('y')
  })

  test('a crashed one gets no turn any more', () => {
    const turns = new Turns(Choices.scripted([]), never)
    void turns.turn('a', 'x')
    turns.crash('a')
    void turns.turn('a', 'y')
    expect(turns.take()).toBeUndefined()
  })
})

describe('choices', () => {
  const draw = seldom(0.5, 10)

  test('a script of what was taken repeats it', () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${index % 7}`)
    const one = Choices.seeded(seededRandom(3))
    const values = names.map((name) => one.choose(name, draw))
    const other = Choices.scripted(one.taken)
    expect(names.map((name) => other.choose(name, draw))).toEqual(values)
    expect(other.taken).toEqual(one.taken)
    expect(new Set(values).size).toBeGreaterThan(3)
  })

  test('in calm weather everything goes the plain way', () => {
    const choices = Choices.seeded(seededRandom(3))
    choices.calm = true
    expect(choices.choose('n', () => 7)).toBe(0)
  })
})

describe('the clock of a process', () => {
  test('differs from the true one, stands still while suspended, and ends with the process', () => {
    const base = virtualClock(1_000)
    const clock = new ProcessClock(base, 500)
    const fired: string[] = []
    expect(clock.now()).toBe(1_500)
    clock.at(1_600, () => fired.push('on time'))
    clock.at(1_700, () => fired.push('late'))
    clock.at(1_900, () => fired.push('never'))
    base.advance(100)
    clock.suspend()
    base.advance(200)
    expect(fired).toEqual(['on time'])
    clock.resume()
    expect(fired).toEqual(['on time', 'late'])
    clock.kill()
    base.advance(1_000)
    expect(fired).toEqual(['on time', 'late'])
  })

  test('a jump moves what it says, and not what was set before', () => {
    const base = virtualClock(0)
    const clock = new ProcessClock(base)
    const fired: number[] = []
    clock.at(100, () => fired.push(base.now()))
    clock.set(50)
    clock.at(100, () => fired.push(base.now()))
    base.advance(200)
    expect(fired).toEqual([50, 100])
  })
})
