const firstSize = 1 << 12

/** A list of 32-bit integers that grows; a tenth of what an array of numbers takes. */
export class GrowingInts {
  length = 0
  private ints = new Int32Array(firstSize)

  push(value: number): void {
    if (this.length === this.ints.length) this.reserve(this.length + 1)
    this.ints[this.length++] = value
  }

  at(index: number): number {
    return this.ints[index]!
  }

  set(index: number, value: number): void {
    this.ints[index] = value
  }

  slice(begin: number, end: number): Int32Array {
    return this.ints.subarray(begin, end)
  }

  /** Forgets the first `count`. */
  drop(count: number): void {
    this.ints.copyWithin(0, count, this.length)
    this.length -= count
  }

  toArray(): Int32Array {
    return this.ints.slice(0, this.length)
  }

  restore(values: Int32Array): void {
    this.reserve(values.length)
    this.ints.set(values)
    this.length = values.length
  }

  private reserve(count: number): void {
    if (count <= this.ints.length) return
    const size = Math.max(count, this.ints.length * 2)
    const larger = new Int32Array(size)
    larger.set(this.ints.subarray(0, this.length))
    this.ints = larger
  }
}
