/** The result as a table for people, or as JSON for the product's own benchmark. */
import type { Measurement } from './measure.ts'

export interface Row extends Measurement {
  peer: string
  version: string
  concurrency: number
  syncedPerStep: boolean
}

const headings = [
  'peer',
  'version',
  'c',
  'runs/s',
  'p50 ms',
  'p99 ms',
  'runs',
  'finished',
  'synced',
]

export function toTable(rows: Row[]): string {
  const lines = [headings, ...rows.map(toCells)]
  const widths = headings.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length)))
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .map((line) => `${line}\n`)
    .join('')
}

function toCells(row: Row): string[] {
  return [
    row.peer,
    row.version,
    String(row.concurrency),
    row.runsPerSecond.toFixed(row.runsPerSecond < 100 ? 1 : 0),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    String(row.runs),
    String(row.finished),
    row.syncedPerStep ? 'yes' : 'no',
  ]
}

export function toJson(rows: Row[]): string {
  const peers = rows.map(({ fault, ...row }) => ({
    peer: row.peer,
    version: row.version,
    concurrency: row.concurrency,
    runsPerSecond: round(row.runsPerSecond),
    p50Ms: round(row.p50Ms),
    p99Ms: round(row.p99Ms),
    runs: row.runs,
    finished: row.finished,
    syncedPerStep: row.syncedPerStep,
    ...(fault === undefined ? {} : { fault }),
  }))
  return `${JSON.stringify({ peers }, null, 2)}\n`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
