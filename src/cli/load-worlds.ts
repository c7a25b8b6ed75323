import { InputError } from '../contracts/error.ts'
import type { DefinedWorld } from '../proof/world.ts'
import { importModule } from './load-module.ts'
import { NotFoundError } from './output.ts'

/**
 * The worlds that a module exports, the default one first.
 * @param name only the one of this name
 * @throws InputError when it has none; NotFoundError when none has the name
 */
export async function loadWorlds(module: string, name?: string): Promise<DefinedWorld[]> {
  const { path, exports } = await importModule(module)
  const { default: first, ...others } = exports
  const worlds = [...new Set([first, ...Object.values(others)])].filter(isWorld)
  if (worlds.length === 0) {
    throw new InputError({
      field: 'module',
      expected: 'an export made by defineWorld()',
      got: path,
      todo: 'write `export default defineWorld({ name, agents, properties, ... })`',
    })
  }
  if (name === undefined) return worlds
  const chosen = worlds.filter((world) => world.name === name)
  if (chosen.length > 0) return chosen
  const has = worlds.map((world) => world.name).join(', ')
  throw new NotFoundError(`${module} has no world ${name}; it has ${has}`)
}

function isWorld(exported: unknown): exported is DefinedWorld {
  return (exported as { kind?: unknown } | null | undefined)?.kind === 'world'
}
