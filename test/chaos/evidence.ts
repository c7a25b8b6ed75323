import { readFile } from 'node:fs/promises'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import type { Evidence, StoredBranch } from './desk-check.ts'
import type { Played } from './load.ts'

/** The bucket of the airline's store, one entry per branch. */
const airlineBucket = 'airline'

export type Executions = ReadonlyMap<string, { tool: string; key: string }[]>

/** Reads the executions that tool processes noted, by branch. A line cut off by a kill is skipped. */
export async function readExecutions(file: string): Promise<Executions> {
  const byBranch = new Map<string, { tool: string; key: string }[]>()
  const text = await readFile(file, 'utf8').catch(() => '')
  for (const line of text.split('\n')) {
    const noted = parseLine(line)
    if (!noted) continue
    const { branch, tool, key } = noted
    const present = byBranch.get(branch)
    if (present) present.push({ tool, key })
    else byBranch.set(branch, [{ tool, key }])
  }
  return byBranch
}

function parseLine(line: string): { branch: string; tool: string; key: string } | undefined {
  try {
    return JSON.parse(line) as { branch: string; tool: string; key: string }
  } catch {
    return undefined
  }
}

/** Collects what the broker, the store and the tool processes know of one run. */
export async function collectEvidence(
  runtime: Runtime,
  played: Played,
  executions: Executions,
): Promise<Evidence> {
  const { id } = played
  const records: JournalRecord[] = []
  for await (const record of runtime.client.history({ type: deskMachine.id, id })) {
    records.push(record)
  }
  const entry = await runtime.bus.keyValue.get(airlineBucket, id)
  return {
    played,
    records,
    branch: entry ? (fromBytes(entry.value) as StoredBranch) : undefined,
    executions: executions.get(id) ?? [],
  }
}
