/**
 * What must not outlive the benchmark: its child processes and its temporary folder. Both go in
 * the `exit` handler, which runs after a normal end, an uncaught error and a caught signal alike.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

const removeLimitMs = 2_000

const children = new Set<ChildProcess>()
const folders = new Set<string>()

export function track<Child extends ChildProcess>(child: Child): Child {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Ends a child at once: nothing that it holds is needed any more. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ashlar-peers-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string): void {
  const deadlineMs = performance.now() + removeLimitMs
  for (;;) {
    try {
      rmSync(folder, { recursive: true, force: true })
      break
    } catch (error) {
      // A child that was killed a moment ago may still be creating files in it.
      if (performance.now() > deadlineMs) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
  folders.delete(folder)
}

export function installCleanup(): void {
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL')
    for (const folder of folders) removeFolder(folder)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not `once`: a second signal would then end the process before the handler above is through.
    process.on(signal, () => process.exit(128 + constants.signals[signal]))
  }
}
