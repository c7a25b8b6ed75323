import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()
const endings = new Set<() => Promise<void>>()

/** A folder that is gone when the benchmark ends, however it ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ashlar-bench-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  folders.delete(folder)
}

/** Runs `end` when the benchmark ends early. Returns how to say that it is no longer needed. */
export function atEnd(end: () => Promise<void>): () => void {
  endings.add(end)
  return () => void endings.delete(end)
}

/** Ends what still runs and removes what is left on disk. */
export async function clearLeftovers(): Promise<void> {
  await Promise.allSettled([...endings].map((end) => end()))
  for (const folder of folders) removeFolder(folder)
}
