import { readFile, rm, writeFile } from 'node:fs/promises'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { UnavailableError } from '../contracts/error.ts'
import { holdProcess } from './process-hold.ts'

const retryAfterMs = 50
const giveUpAfterMs = 60_000

/**
 * Runs `body` while holding the lock file: two servers on one store would destroy it. A lock whose
 * process is gone is taken over.
 * @throws UnavailableError when another live process holds it for a minute.
 */
export async function withLock<T>(file: string, clock: Clock, body: () => Promise<T>): Promise<T> {
  const release = holdProcess()
  const giveUpMs = clock.now() + giveUpAfterMs
  try {
    while (!(await take(file, clock))) {
      if (clock.now() >= giveUpMs) {
        throw new UnavailableError(`${file} is held by another process; stop it or remove it`)
      }
      await pause(clock, retryAfterMs)
    }
    try {
      return await body()
    } finally {
      await rm(file, { force: true })
    }
  } finally {
    release()
  }
}

async function take(file: string, clock: Clock): Promise<boolean> {
  if (await create(file)) return true
  const holder = await holderOf(file)
  if (holder === 0 || isAlive(holder)) return false
  await rm(file, { force: true })
  if (!(await create(file))) return false
  // Another process that saw the same dead holder may have removed this lock for the old one.
  await pause(clock, retryAfterMs)
  return (await holderOf(file)) === process.pid
}

async function create(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** 0 when the file is gone or its holder has not yet written its id. */
async function holderOf(file: string): Promise<number> {
  return Number(await readFile(file, 'utf8').catch(() => ''))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
