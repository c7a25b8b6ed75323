import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Service } from '../actors/service.ts'
import { AshlarError, InputError, toErrorValue } from '../contracts/error.ts'

/** Imports a module and checks that it exports a service. @throws InputError */
export async function loadService(module: string): Promise<Service> {
  const path = resolve(module)
  let loaded: { default?: Partial<Service> }
  try {
    loaded = (await import(pathToFileURL(path).href)) as typeof loaded
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
  if (loaded.default?.kind === 'service') return loaded.default as Service
  throw new InputError({
    field: 'module',
    expected: 'a default export made by defineService()',
    got: path,
    todo: "write `export default defineService('name', (env) => ({ ... }))`",
  })
}
