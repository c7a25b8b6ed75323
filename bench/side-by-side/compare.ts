import type { Durability } from '../measure/bench-cell.ts'
import { median } from '../measure/latency.ts'
import type { Shape } from '../options.ts'
import type { Row } from '../peers/report.ts'
import type { Block } from '../report/block.ts'
import { show } from '../report/block.ts'
import type { SideBySideOptions } from './options.ts'
import type { OurPoint } from './ours.ts'

/** Our loop at one concurrency: medians over the rounds before and after the peers. */
export interface OurFigure extends Omit<OurPoint, 'runs' | 'finished' | 'fault'> {
  rounds: readonly OurPoint[]
}

/** A peer's point beside ours. */
export interface Comparison extends Row {
  /** Ours with the same promise: synced per step or not. */
  against: readonly Against[]
}

export interface Against extends Pick<
  OurFigure,
  'shape' | 'durability' | 'runsPerSecond' | 'p50Ms'
> {
  /** Our runs per second over theirs. */
  ratio: number
}

/** Peers whose tools are services of their own, as in our shape `actors`. */
const peersOfActors: ReadonlySet<string> = new Set(['restate-services'])

/** Sums up the rounds, point by point. A point that a round did not reach has the others only. */
export function figuresOf(rounds: readonly OurPoint[][]): OurFigure[] {
  const groups = Map.groupBy(
    rounds.flat(),
    ({ shape, durability, concurrency }) => `${shape} ${durability} ${concurrency}`,
  )
  return [...groups.values()].map((points) => {
    const { shape, durability, concurrency } = points[0]!
    return {
      shape,
      durability,
      concurrency,
      runsPerSecond: median(points.map((point) => point.runsPerSecond)),
      p50Ms: median(points.map((point) => point.p50Ms)),
      p99Ms: median(points.map((point) => point.p99Ms)),
      rounds: points,
    }
  })
}

/** Sets each peer's point beside ours at the same concurrency. */
export function compare(rows: readonly Row[], ours: readonly OurFigure[]): Comparison[] {
  return rows.map((row) => {
    const durability: Durability = row.syncedPerStep ? 'power' : 'process'
    const shapes: Shape[] = peersOfActors.has(row.peer) ? ['inline', 'actors'] : ['inline']
    const isRival = (figure: OurFigure): boolean =>
      figure.concurrency === row.concurrency &&
      figure.durability === durability &&
      shapes.includes(figure.shape)
    const against = ours.filter(isRival).map(({ shape, durability, runsPerSecond, p50Ms }) => ({
      shape,
      durability,
      runsPerSecond,
      p50Ms,
      ratio: runsPerSecond / row.runsPerSecond,
    }))
    return { ...row, against }
  })
}

/** What did not finish as it should, a line each. */
export function faultsOf(
  { peers, concurrency }: SideBySideOptions,
  rounds: readonly OurPoint[][],
  rows: readonly Row[],
): string[] {
  const points = [
    ...rounds.flat().map((point) => ({
      ...point,
      name: `ashlar ${point.shape} ${point.durability}`,
    })),
    ...rows.map((row) => ({ ...row, name: row.peer })),
  ]
  const faults = points
    .filter(({ fault, runs, finished }) => fault !== undefined || finished !== runs || runs === 0)
    .map(
      ({ name, concurrency, fault, runs, finished }) =>
        `${name} c=${concurrency}: ${fault ?? `${finished} of ${runs} runs finished`}`,
    )
  const missing = peers.flatMap((peer) =>
    concurrency
      .filter((atOnce) => !rows.some((row) => row.peer === peer && row.concurrency === atOnce))
      .map((atOnce) => `${peer} c=${atOnce}: not measured`),
  )
  return [...faults, ...missing]
}

/** The report for people. */
export function blocksOf(ours: readonly OurFigure[], peers: readonly Comparison[]): Block[] {
  return [peersTable(peers), oursTable(ours)]
}

function peersTable(peers: readonly Comparison[]): Block {
  const ordered = peers.toSorted((a, b) => a.concurrency - b.concurrency)
  return {
    kind: 'table',
    title:
      'Runs per second of each peer and of ours with the same promise; ratio: ours over theirs',
    head: [
      'at once',
      'peer',
      'version',
      'synced',
      'runs/s',
      'p50 ms',
      'ours',
      'runs/s',
      'p50 ms',
      'ratio',
    ],
    rows: ordered.flatMap((row) =>
      row.against.map((one) => [
        String(row.concurrency),
        row.peer,
        row.version,
        row.syncedPerStep ? 'yes' : 'no',
        show(row.runsPerSecond),
        show(row.p50Ms),
        `${one.shape}, ${one.durability}`,
        show(one.runsPerSecond),
        show(one.p50Ms),
        show(one.ratio),
      ]),
    ),
  }
}

function oursTable(ours: readonly OurFigure[]): Block {
  return {
    kind: 'table',
    title: 'Ours: medians over the rounds before and after the peers',
    head: ['shape', 'class', 'at once', 'before', 'after', 'runs/s', 'p50 ms', 'p99 ms'],
    rows: ours.map(({ shape, durability, concurrency, rounds, ...figure }) => [
      shape,
      durability,
      String(concurrency),
      show(rounds[0]?.runsPerSecond),
      show(rounds[1]?.runsPerSecond),
      show(figure.runsPerSecond),
      show(figure.p50Ms),
      show(figure.p99Ms),
    ]),
  }
}
