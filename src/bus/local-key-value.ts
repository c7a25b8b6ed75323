import { checkKey } from './body-limit.ts'
import type { KeyEntry, KeyValue } from './key-value.ts'
import { ensure } from './local-cell.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'
import { checkBucket } from './subjects.ts'

type Watcher = (key: string, entry: KeyEntry | undefined) => void

export interface LocalBucket {
  lastRevision: number
  readonly entries: Map<string, KeyEntry>
  readonly watchers: Set<Watcher>
}

export function localKeyValue(cell: LocalCell, connection: LocalConnection): KeyValue {
  const open = async (name: string): Promise<LocalBucket> => {
    checkBucket(name)
    await connection.turn()
    return ensure(cell.buckets, name, () => ({
      lastRevision: 0,
      entries: new Map(),
      watchers: new Set(),
    }))
  }
  return {
    async get(bucket, key) {
      const entry = (await open(bucket)).entries.get(checkKey(key))
      return entry && copyOf(entry)
    },
    async put(bucket, key, value, expectedRevision) {
      const opened = await open(bucket)
      const revision = opened.entries.get(checkKey(key))?.revision ?? 0
      if (expectedRevision !== undefined && revision !== expectedRevision) {
        return { kind: 'conflict' }
      }
      const entry = { key, value: value.slice(), revision: ++opened.lastRevision }
      opened.entries.set(key, entry)
      for (const watcher of opened.watchers) watcher(key, entry)
      return { kind: 'written', revision: entry.revision }
    },
    async forget(bucket, key) {
      const opened = await open(bucket)
      checkKey(key)
      opened.lastRevision++
      if (!opened.entries.delete(key)) return
      for (const watcher of opened.watchers) watcher(key, undefined)
    },
    async keys(bucket, prefix = '') {
      const { entries } = await open(bucket)
      return [...entries.keys()].filter((key) => key.startsWith(prefix)).toSorted()
    },
    async watch(bucket, prefix, onChange) {
      const { entries, watchers } = await open(bucket)
      let isStopped = false
      const watcher: Watcher = (key, entry) => {
        if (!key.startsWith(prefix)) return
        queueMicrotask(() => {
          if (!isStopped) onChange(key, entry && copyOf(entry))
        })
      }
      watchers.add(watcher)
      for (const [key, entry] of entries) watcher(key, entry)
      const stop = (): void => {
        isStopped = true
        watchers.delete(watcher)
        offEnd()
      }
      const offEnd = connection.onEnd(stop)
      // Behind the turns of the present entries.
      await Promise.resolve()
      return {
        stop() {
          stop()
          return Promise.resolve()
        },
      }
    },
  }
}

function copyOf(entry: KeyEntry): KeyEntry {
  return { ...entry, value: entry.value.slice() }
}
