import type { BenchCell } from './bench-cell.ts'
import { cpuMsOf, diskBytesOf, machineCpuMs } from './process-usage.ts'

/** Counters of a cell's processes at one moment. CPU times in milliseconds. */
export interface CellUsage {
  hostsCpuMs: number | undefined
  brokerCpuMs: number | undefined
  clientCpuMs: number | undefined
  brokerDiskBytes: number | undefined
  /** Of everything that runs on the machine. */
  machineCpuMs: number | undefined
}

/** Reads what the processes of a cell have used so far. */
export function readCellUsage(cell: BenchCell): CellUsage {
  const { pid } = cell.broker
  return {
    hostsCpuMs: cell.children.reduce<number | undefined>(
      (sum, child) => plus(sum, cpuMsOf(child.pid)),
      0,
    ),
    brokerCpuMs: pid === undefined ? undefined : cpuMsOf(pid),
    clientCpuMs: cpuMsOf(process.pid),
    brokerDiskBytes: pid === undefined ? undefined : diskBytesOf(pid),
    machineCpuMs: machineCpuMs(),
  }
}

/** What was used between two readings. */
export function usedBetween(before: CellUsage, after: CellUsage): CellUsage {
  return combine(after, before, (late, early) => late - early)
}

export function addUsage(one: CellUsage, other: CellUsage): CellUsage {
  return combine(one, other, (a, b) => a + b)
}

function combine(
  one: CellUsage,
  other: CellUsage,
  merge: (a: number, b: number) => number,
): CellUsage {
  const of = (key: keyof CellUsage): number | undefined => {
    const [a, b] = [one[key], other[key]]
    return a === undefined || b === undefined ? undefined : merge(a, b)
  }
  return {
    hostsCpuMs: of('hostsCpuMs'),
    brokerCpuMs: of('brokerCpuMs'),
    clientCpuMs: of('clientCpuMs'),
    brokerDiskBytes: of('brokerDiskBytes'),
    machineCpuMs: of('machineCpuMs'),
  }
}

/** CPU time of whoever is not part of the benchmark, milliseconds. */
export function cpuMsOfOthers(used: CellUsage): number | undefined {
  const { machineCpuMs, hostsCpuMs, brokerCpuMs, clientCpuMs } = used
  const ours = plus(plus(hostsCpuMs, brokerCpuMs), clientCpuMs)
  return ours === undefined || machineCpuMs === undefined
    ? undefined
    : Math.max(0, machineCpuMs - ours)
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}
