/** Waits for what is looked at again whenever something has happened: never for a time. */
export class Signal {
  private readonly waiting = new Set<() => void>()

  wake(): void {
    for (const look of this.waiting) look()
  }

  /** The first thing that is found. */
  until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find()
        if (found === undefined) return
        this.waiting.delete(look)
        resolve(found)
      }
      this.waiting.add(look)
      look()
    })
  }
}
