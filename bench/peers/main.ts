/**
 * Runs the agent loop on other durable runtimes and prints runs per second. Exits with 1 if a run
 * did not finish as expected or a peer failed, with 2 if it could not start at all.
 */
import { parseArgs } from 'node:util'
import { findPeer, missingPackages, versionOf } from './catalog.ts'
import { installCleanup, makeFolder, removeFolder } from './cleanup.ts'
import { describe, Meter } from './measure.ts'
import { peerNames } from './names.ts'
import { toJson, toTable } from './report.ts'
import type { Row } from './report.ts'

const usage = `usage: node bench/peers/main.ts [options]
  --peers <names>        comma-separated; default all: ${peerNames.join(',')}
  --concurrency <list>   runs under way at once, one point each; default 1,64,256
  --seconds <n>          length of each point after its warm-up; default 5
  --json                 print JSON instead of a table
`

interface Options {
  peers: string[]
  concurrencies: number[]
  windowMs: number
  json: boolean
}

class UsageError extends Error {}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      peers: { type: 'string', default: peerNames.join(',') },
      concurrency: { type: 'string', default: '1,64,256' },
      seconds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const peers = values.peers.split(',')
  for (const name of peers) {
    if (findPeer(name) === undefined) {
      throw new UsageError(`unknown peer "${name}"; known are ${peerNames.join(', ')}`)
    }
  }
  const concurrencies = values.concurrency.split(',').map(Number)
  if (!concurrencies.every((c) => Number.isInteger(c) && c >= 1 && c <= 10_000)) {
    throw new UsageError('--concurrency takes whole numbers between 1 and 10000, comma-separated')
  }
  const seconds = Number(values.seconds)
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new UsageError('--seconds takes a number above 0, at most 3600')
  }
  return { peers, concurrencies, windowMs: seconds * 1000, json: values.json }
}

function requireInstalled(names: string[]): void {
  const missing = new Set(names.flatMap((name) => missingPackages(findPeer(name)!)))
  if (missing.size === 0) return
  throw new UsageError(
    `not installed: ${[...missing].join(', ')}; run: npm ci --prefix bench/peers`,
  )
}

async function measurePeer(name: string, options: Options, rows: Row[]): Promise<void> {
  const entry = findPeer(name)!
  const folder = makeFolder()
  const peer = await entry.open(folder)
  try {
    const meter = new Meter(peer)
    for (const concurrency of options.concurrencies) {
      const measurement = await meter.measure({ concurrency, windowMs: options.windowMs })
      const { syncedPerStep } = peer
      rows.push({
        peer: name,
        version: versionOf(entry),
        concurrency,
        syncedPerStep,
        ...measurement,
      })
      progress(
        `${name} c=${concurrency}: ${measurement.runsPerSecond.toFixed(1)} runs/s, ` +
          `${measurement.finished} of ${measurement.runs} runs finished`,
      )
      if (measurement.fault !== undefined) throw new Error(measurement.fault)
    }
  } finally {
    await peer.close()
    removeFolder(folder)
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function main(options: Options): Promise<boolean> {
  const rows: Row[] = []
  let sound = true
  for (const name of options.peers) {
    try {
      await measurePeer(name, options, rows)
    } catch (error) {
      sound = false
      progress(`${name} FAILED: ${describe(error)}`)
    }
  }
  process.stdout.write(options.json ? toJson(rows) : toTable(rows))
  return sound
}

installCleanup()
try {
  const options = readOptions()
  if (options === undefined) {
    process.stdout.write(usage)
    process.exit(0)
  }
  requireInstalled(options.peers)
  process.exitCode = (await main(options)) ? 0 : 1
  // A library may hold the process open by a timer or a socket of its own.
  process.stdout.write('', () => process.exit())
} catch (error) {
  progress(`peers: ${describe(error)}`)
  if (!(error instanceof UsageError)) progress(usage)
  process.exit(2)
}
