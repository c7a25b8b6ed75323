/** A time in which the broker answers nobody. */
export class Outage {
  private ending: PromiseWithResolvers<void> | undefined

  get isOn(): boolean {
    return this.ending !== undefined
  }

  begin(): void {
    this.ending ??= Promise.withResolvers()
  }

  end(): void {
    this.ending?.resolve()
    this.ending = undefined
  }

  /** Resolves when the broker answers again; at once when it does. */
  async over(): Promise<void> {
    await this.ending?.promise
  }
}
