import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** The unit of times in `/proc`: user-visible clock ticks are 100 a second on every Linux. */
const msPerTick = 10

/** CPU time of a process so far, milliseconds; undefined where there is no `/proc`. */
export function cpuMsOf(pid: number): number | undefined {
  if (pid === process.pid) {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * msPerTick
}

/** CPU time that all processes of the machine have used so far, milliseconds. */
export function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0)
}

/** Resident memory of a process, bytes; undefined where there is no `/proc`. */
export function rssBytesOf(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** Bytes that a process had written to disks so far; undefined where that cannot be read. */
export function diskBytesOf(pid: number): number | undefined {
  const bytes = /^write_bytes: (\d+)$/m.exec(readProc(`/proc/${pid}/io`) ?? '')?.[1]
  return bytes === undefined ? undefined : Number(bytes)
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
