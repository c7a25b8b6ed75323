import type * as z from 'zod'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDecision } from '../contracts/decision.ts'
import type { Ids } from '../contracts/ids.ts'
import type { Random } from '../contracts/random.ts'
import type { AnyTool } from '../contracts/tool.ts'
import type { KeyValue } from '../bus/key-value.ts'
import type { AgentDefinition } from './definition.ts'
import type { Logger } from './logger.ts'

/** What a service module gets from the process that runs it. */
export interface ServiceEnv {
  /** `--set name=value` of the command line and `options` of the configuration file. */
  options: Readonly<Record<string, string>>
  /** The cell's key-value store, for state that belongs to no agent. */
  keyValue: KeyValue
  clock: Clock
  random: Random
  ids: Ids
  log: Logger
}

/** What one process serves. */
export interface ServiceParts {
  agents?: readonly AgentDefinition[]
  tools?: readonly AnyTool[]
  decisions?: readonly AnyDecision[]
  /** Tools and decisions that the agents of this process run in place, without a queue. */
  inline?: { tools?: readonly AnyTool[]; decisions?: readonly AnyDecision[] }
  /** Contracts of the kinds of facts that the agents of this process may remember. */
  memoryKinds?: Readonly<Record<string, z.ZodType>>
}

/** The default export of a module that `ashlar run` starts. */
export interface Service {
  readonly kind: 'service'
  readonly name: string
  setup(env: ServiceEnv): ServiceParts | Promise<ServiceParts>
}

/** Names what a process serves; `setup` runs once when the process starts. */
export function defineService(
  name: string,
  setup: (env: ServiceEnv) => ServiceParts | Promise<ServiceParts>,
): Service {
  return { kind: 'service', name, setup }
}
