/** Gives equal things one number, and each number its thing back. 0 stands for nothing. */
export class Table<T> {
  private readonly ids = new Map<string, number>()
  private readonly things: T[] = [undefined as T]

  /** @param make is asked only for what is new */
  idOf(key: string, make: () => T): number {
    const known = this.ids.get(key)
    if (known !== undefined) return known
    const id = this.things.length
    this.ids.set(key, id)
    this.things.push(make())
    return id
  }

  at(id: number): T {
    return this.things[id]!
  }

  /** All things in the order of their numbers. */
  all(): readonly T[] {
    return this.things.slice(1)
  }

  get size(): number {
    return this.things.length - 1
  }
}

/** A table of JSON values. */
export class JsonTable<T = unknown> extends Table<T> {
  of(value: T): number {
    return value === undefined ? 0 : this.idOf(JSON.stringify(value), () => value)
  }

  restore(values: readonly T[]): void {
    for (const value of values) this.of(value)
  }
}
