import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Billed } from '../agents/model-server.ts'
import { atEnd } from './leftovers.ts'

const entry = fileURLToPath(new URL('../agents/model-server.ts', import.meta.url))

/** The model of the benchmark, behind a wire and in a process of its own. */
export interface ModelProcess {
  readonly baseURL: string
  /** What it has answered so far. */
  billed(): Promise<Billed>
  stop(): void
}

/** Starts the model and waits until it listens. */
export async function startModel(): Promise<ModelProcess> {
  const server = fork(entry, { execArgv: [...process.execArgv] })
  const forget = atEnd(async () => void server.kill('SIGKILL'))
  const [port] = (await once(server, 'message')) as [number]
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    async billed() {
      const answered = once(server, 'message')
      server.send('billed')
      const [billed] = (await answered) as [Billed]
      return billed
    },
    stop() {
      server.kill('SIGKILL')
      forget()
    },
  }
}
