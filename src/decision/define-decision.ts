import type * as z from 'zod'
import type { Decider, Decision, DecisionContract } from '../contracts/decision.ts'
import { checkMember, checkNumber, checkQueueName } from '../contracts/declaration.ts'
import { InputError } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'

export interface DecisionDeclaration<Input, Option extends AgentEvent> {
  name: string
  version?: string
  input: z.ZodType<Input>
  /** `z.discriminatedUnion('type', [...])`: every option is an event of the deciding machine. */
  options: z.ZodType<Option>
  /** Longest time for one answer. Default: 60 s. */
  timeoutMs?: number
  /** How often an answer that breaks the contract may be corrected by the same decider. Default: 2. */
  repairs?: number
  /** How often a decider that is not available is asked again, after a growing wait. Default: 3. */
  retries?: number
  /** Longest such wait; a decider that asks for a longer one is passed over. Default: 20 s. */
  retryMaxMs?: number
  /**
   * A member of the options whose text is told while a model produces it, to whoever listens
   * (`AgentRef.onText`), such as what is said to a customer.
   */
  streams?: string
}

/**
 * Declares a decision: its input and the closed set of moves.
 * @throws InputError when a member is out of bounds or the options are no discriminated union on
 *   `type`
 */
export function declareDecision<Input, Option extends AgentEvent>(
  declaration: DecisionDeclaration<Input, Option>,
): DecisionContract<Input, Option> {
  const { version = '1', timeoutMs = 60_000, repairs = 2, ...rest } = declaration
  const { retries = 3, retryMaxMs = 20_000, ...given } = rest
  const named = `decision ${given.name}`
  checkQueueName('decision name', given.name)
  checkNumber(`${named}: timeoutMs`, timeoutMs, 1)
  checkNumber(`${named}: repairs`, repairs, 0)
  checkNumber(`${named}: retries`, retries, 0)
  checkNumber(`${named}: retryMaxMs`, retryMaxMs, 0)
  const { streams } = given
  if (streams !== undefined) {
    const fits = /^[A-Za-z_]\w*$/.test(streams)
    checkMember(fits, `${named}: streams`, 'the name of a member of the options', streams)
  }
  const optionTypes = readTypes(given.options)
  if (!optionTypes) {
    throw new InputError({
      field: `decision ${given.name}: options`,
      expected: "z.discriminatedUnion('type', [...]) over objects with a literal `type`",
      todo: 'give every option its own literal type',
    })
  }
  const bounds = { timeoutMs, repairs, retries, retryMaxMs }
  return { kind: 'decision', version, ...bounds, optionTypes, ...given }
}

/**
 * Defines a decision with its prompt and the deciders that are asked, in order.
 * @throws InputError when there is no decider, or two have one name
 */
export function defineDecision<Input, Option extends AgentEvent>(
  definition: (DecisionDeclaration<Input, Option> | DecisionContract<Input, Option>) & {
    prompt: Decision<Input, Option>['prompt']
    deciders: readonly Decider<Input>[]
  },
): Decision<Input, Option> {
  const { prompt, deciders, ...declaration } = definition
  if (deciders.length === 0) {
    throw new InputError({
      field: `decision ${declaration.name}: deciders`,
      expected: 'at least one decider',
      todo: 'add a rules decider as the last resort',
    })
  }
  const names = deciders.map((decider) => decider.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new InputError({
      field: `decision ${declaration.name}: deciders`,
      expected: 'a name of its own for every decider',
      got: twice,
      todo: 'rename one of them; the second would never be asked',
    })
  }
  return { ...declareDecision(declaration), prompt, deciders }
}

interface SchemaInternals {
  def?: { type?: string; discriminator?: string; options?: SchemaInternals[] }
  shape?: { type?: { def?: { values?: unknown[] } } }
}

/**
 * Zod 4 keeps a schema's definition in `def`; there is no public reader for a union's literals. An
 * option may be a union itself: one `type` in several shapes.
 */
function readTypes(options: unknown): string[] | undefined {
  const { def } = options as SchemaInternals
  if (def?.discriminator !== 'type') return undefined
  const types = typesOf(options as SchemaInternals)
  return types.every((type): type is string => typeof type === 'string')
    ? [...new Set(types)]
    : undefined
}

function typesOf({ def, shape }: SchemaInternals): unknown[] {
  if (def?.type === 'union' && def.options) return def.options.flatMap(typesOf)
  return shape?.type?.def?.values ?? [undefined]
}
