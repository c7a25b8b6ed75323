import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AshlarError, InputError, toErrorValue } from '../contracts/error.ts'

/** What a module has to export by default, by its `kind`, and the words for those that do not. */
interface Wanted {
  kind: string
  /** The function that makes it. */
  maker: string
  /** How to write it. */
  todo: string
}

/** Imports a module and checks what it exports by default. @throws InputError */
export async function loadModule<T extends { kind: string }>(
  module: string,
  { kind, maker, todo }: Wanted & { kind: T['kind'] },
): Promise<T> {
  const { path, exports } = await importModule(module)
  const loaded = exports as { default?: Partial<T> | null }
  if (loaded.default?.kind === kind) return loaded.default as T
  const expected = `a default export made by ${maker}()`
  throw new InputError({ field: 'module', expected, got: path, todo })
}

/** Imports a module by its path. @throws InputError, or what is wrong with it by its own words */
export async function importModule(
  module: string,
): Promise<{ path: string; exports: Record<string, unknown> }> {
  const path = resolve(module)
  try {
    return { path, exports: (await import(pathToFileURL(path).href)) as Record<string, unknown> }
  } catch (thrown) {
    // The module's own complaints, such as a machine that breaks a rule, are already clear.
    if (thrown instanceof AshlarError) throw thrown
    throw new InputError({
      field: 'module',
      expected: 'a module that can be imported',
      got: path,
      todo: `correct it: ${toErrorValue(thrown).message}`,
    })
  }
}
