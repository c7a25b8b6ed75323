/**
 * Memory of an agent host while more and more agents wait for a slow tool. Prints heap (after a
 * collection), resident set and agents in memory; `node --conditions=@ashlar/source
 * bench/backpressure.ts [agents]`. The gate asserts the same by counting, in
 * `test/runtime/back-pressure.test.ts`.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, declareTool, defineAgent, defineService, defineTool, toolActor } from 'ashlar'
import { setup } from 'xstate'
import * as z from 'zod'
import { startBroker } from '../src/bus/embedded-broker.ts'
import { systemClock } from '../src/contracts/clock.ts'

const slow = declareTool({
  name: 'slow',
  input: z.object({ n: z.int() }),
  output: z.object({}),
  effect: 'idempotent',
  timeoutMs: 3_600_000,
})

const waiter = defineAgent({
  machine: setup({
    types: {} as { context: { n: number; note: string }; input: { n: number } },
    actors: { slow: toolActor(slow) },
  }).createMachine({
    id: 'waiter',
    version: '1',
    // About as large as a conversation.
    context: ({ input }) => ({ n: input.n, note: 'x'.repeat(8_000) }),
    initial: 'waiting',
    states: {
      waiting: {
        invoke: {
          id: 'slow',
          src: 'slow',
          input: ({ context }) => ({ n: context.n }),
          onDone: 'done',
        },
      },
      done: { type: 'final' },
    },
  }),
})

interface Measure {
  heapBytes: number
  rssBytes: number
  residentAgents: number
}

async function serveAgents(url: string): Promise<void> {
  const runtime = await connect({ servers: url })
  const host = await runtime.serve(defineService('agents', () => ({ agents: [waiter] })))
  process.on('message', () => {
    globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    const residentAgents = host.residentAgents()
    process.send!({ heapBytes: heapUsed, rssBytes: rss, residentAgents } satisfies Measure)
  })
  process.send!('ready')
}

async function measure(child: ChildProcess): Promise<Measure> {
  child.send('measure')
  const [answer] = (await once(child, 'message')) as [Measure]
  return answer
}

async function drive(agents: number): Promise<void> {
  const storeDir = await mkdtemp(join(tmpdir(), 'ashlar-bench-'))
  const broker = await startBroker({
    storeDir,
    port: 0,
    env: process.env,
    report: () => undefined,
    onEvent: () => undefined,
    clock: systemClock(),
  })
  const child = fork(fileURLToPath(import.meta.url), ['host', broker.url], {
    execArgv: [...process.execArgv, '--expose-gc'],
  })
  const runtime = await connect({ servers: broker.url })
  try {
    await once(child, 'message')
    const execute = (): Promise<never> => new Promise(() => undefined)
    const tools = [defineTool({ ...slow, concurrency: 4, execute })]
    await runtime.serve(defineService('tools', () => ({ tools })))
    let started = 0
    for (const goal of [agents / 5, agents]) {
      const lane = async (): Promise<void> => {
        while (started < goal) {
          const n = started++
          const ref = await runtime.client.start(waiter, { id: `w${n}`, input: { n } })
          await ref.waitFor(({ step }) => step === 1)
        }
      }
      await Promise.all(Array.from({ length: 64 }, lane))
      const { heapBytes, rssBytes, residentAgents } = await measure(child)
      const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`
      process.stdout.write(
        `${goal} agents wait: heap ${mb(heapBytes)}, rss ${mb(rssBytes)}, ` +
          `${residentAgents} in memory\n`,
      )
    }
  } finally {
    child.kill('SIGKILL')
    // The tool never ends, so draining would only wait for it.
    await runtime.bus.close()
    await broker.stop()
    await rm(storeDir, { recursive: true, force: true })
  }
}

const [mode, argument] = process.argv.slice(2)
if (mode === 'host') await serveAgents(argument!)
else await drive(Number(mode ?? 10_000)).then(() => process.exit(0))
