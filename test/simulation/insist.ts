/** An outsider that tries again as long as nobody serves the machine. */
export async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (thrown) {
      const { code } = thrown as { code?: string }
      if (code !== 'bad-input' && code !== 'unavailable') throw thrown
    }
  }
}
