import { storeOutage, UnavailableError } from '../contracts/error.ts'
import type { KeyValue } from './key-value.ts'

/**
 * The cell's store as the modules of a process get it: an outage has a code of its own, so that it
 * is not taken for one of whatever else a tool talks to.
 */
export function namingOutages(keyValue: KeyValue): KeyValue {
  const named = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call()
    } catch (cause) {
      if (!(cause instanceof UnavailableError)) throw cause
      throw new UnavailableError(cause.message, { code: storeOutage, cause })
    }
  }
  return {
    get: (bucket, key) => named(() => keyValue.get(bucket, key)),
    put: (bucket, key, value, expected) => named(() => keyValue.put(bucket, key, value, expected)),
    forget: (bucket, key) => named(() => keyValue.forget(bucket, key)),
    keys: (bucket, prefix) => named(() => keyValue.keys(bucket, prefix)),
    watch: (bucket, prefix, onChange) => named(() => keyValue.watch(bucket, prefix, onChange)),
  }
}
