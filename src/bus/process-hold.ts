import { MessageChannel } from 'node:worker_threads'

/**
 * Keeps the process alive until the returned function is called. The timers of the clock do not,
 * and a start-up that only waits for one would end the process without a word.
 */
export function holdProcess(): () => void {
  const { port1 } = new MessageChannel()
  port1.ref()
  return () => port1.close()
}
