import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connect } from 'ashlar'
import { checkRun, loopAgent } from '../agents/loop.ts'
import { atEnd, removeFolder, temporaryFolder } from '../measure/leftovers.ts'
import { median } from '../measure/latency.ts'
import type { Block } from '../report/block.ts'
import { show } from '../report/block.ts'
import type { Scenario } from '../scenario.ts'

/** Milliseconds from the start of the `ashlar up` process, on an empty store. */
interface ColdStart {
  /** The command says that everything is up. */
  readyMs: number
  /** A client that connects then has its agent's first step committed. */
  firstStepMs: number
  /** The whole loop of that agent is done. */
  firstRunMs: number
}

const entry = fileURLToPath(new URL('../../bin/ashlar.js', import.meta.url))
const serviceModule = fileURLToPath(new URL('../agents/loop.ts', import.meta.url))
const urlPattern = /^broker (nats:\S+) /

/** From nothing to the first committed step, with the embedded broker. */
export const startScenario: Scenario = {
  name: 'start',
  title: 'Cold start of `ashlar up`',
  async run({ options, progress }) {
    const starts: ColdStart[] = []
    for (let round = 0; round < (options.quick ? 2 : 5); round++) {
      const one = await startOnce()
      progress(`start: first step after ${show(one.firstStepMs)} ms`)
      starts.push(one)
    }
    const json: ColdStart = {
      readyMs: median(starts.map(({ readyMs }) => readyMs)),
      firstStepMs: median(starts.map(({ firstStepMs }) => firstStepMs)),
      firstRunMs: median(starts.map(({ firstRunMs }) => firstRunMs)),
    }
    return { json, blocks: [table(json, starts.length)] }
  },
}

async function startOnce(): Promise<ColdStart> {
  const folder = await temporaryFolder()
  const config = join(folder, 'ashlar.config.json')
  await writeFile(config, JSON.stringify({ processes: { loop: { module: serviceModule } } }))
  const begunMs = performance.now()
  const child = spawn(
    process.execPath,
    [...process.execArgv, entry, 'up', '--port', '0', '--config', config],
    {
      env: { ...process.env, ASHLAR_STORE_DIR: join(folder, 'store'), NATS_URL: '' },
      stdio: ['ignore', 'pipe', 2],
    },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
  }
  const forget = atEnd(stop)
  try {
    const url = await brokerUrl(createInterface({ input: child.stdout! }))
    const readyMs = performance.now() - begunMs
    const runtime = await connect({ servers: url })
    try {
      const ref = await runtime.client.start(loopAgent, { input: { order: 'first' } })
      await ref.waitFor(({ step }) => step >= 1)
      const firstStepMs = performance.now() - begunMs
      checkRun('first', await ref.output())
      return { readyMs, firstStepMs, firstRunMs: performance.now() - begunMs }
    } finally {
      await runtime.close()
    }
  } finally {
    await stop()
    forget()
    removeFolder(folder)
  }
}

async function brokerUrl(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const url = urlPattern.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('`ashlar up` ended before it was up')
}

function table(start: ColdStart, starts: number): Block {
  return {
    kind: 'table',
    title: `Milliseconds from the start of the command, on an empty store; median of ${starts}`,
    head: ['up ms', 'first step ms', 'first whole run ms'],
    rows: [[show(start.readyMs), show(start.firstStepMs), show(start.firstRunMs)]],
  }
}
