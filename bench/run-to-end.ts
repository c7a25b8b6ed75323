import { clearLeftovers } from './measure/leftovers.ts'

/**
 * Runs the whole of a benchmark and ends the process: with 0, with 1 when `main` says so or throws,
 * or with the number of the signal that ended it. Nothing that it started is left behind.
 */
export async function runToEnd(name: string, main: () => Promise<boolean>): Promise<never> {
  let isInterrupted = false
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    // It may come twice: from the terminal, and once more from npm.
    process.on(signal, () => {
      isInterrupted = true
      process.exitCode = code
      void clearLeftovers().finally(() => process.exit())
    })
  }
  try {
    if (!(await main())) process.exitCode ??= 1
  } catch (thrown) {
    // What was under way when its processes were ended fails too, and is no news.
    if (!isInterrupted) {
      process.stderr.write(`${name}: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
      process.exitCode = 1
    }
  } finally {
    await clearLeftovers()
  }
  // A pipe takes what was printed only bit by bit.
  await new Promise((resolve) => process.stdout.write('', resolve))
  process.exit()
}
