import type { Service } from '../actors/service.ts'
import { loadModule } from './load-module.ts'

/** Imports a module and checks that it exports a service. @throws InputError */
export function loadService(module: string): Promise<Service> {
  return loadModule<Service>(module, {
    kind: 'service',
    maker: 'defineService',
    todo: "write `export default defineService('name', (env) => ({ ... }))`",
  })
}
