/**
 * Resolves with the name of the first signal that asks this process to stop. The second one calls
 * `impatient`, for people who press Ctrl-C again.
 *
 * A terminal sends its signals to the whole group. A supervised process leaves them to its
 * supervisor, which decides and sends SIGTERM: counted together they would look like impatience.
 */
export function stopSignal(impatient: () => void = () => undefined): {
  received: Promise<NodeJS.Signals>
  dispose: () => void
} {
  const first = Promise.withResolvers<NodeJS.Signals>()
  let count = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.connected && signal !== 'SIGTERM') return
    if (++count === 1) first.resolve(signal)
    else impatient()
  }
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, onSignal)
  return {
    received: first.promise,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
