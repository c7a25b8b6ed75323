import type { ToolContract } from 'ashlar'
import { declareDecision, declareTool } from 'ashlar'
import * as z from 'zod'
import { operations } from './domain/operations/index.ts'
import type { Facts } from './domain/policy/index.ts'

/** Every conversation works on a branch of the airline's database: the data with its own changes. */
export interface ToolInput {
  branch: string
  arguments: unknown
}

export type Act = {
  name: string
  arguments: Record<string, unknown>
}

/** Their database may be away for minutes, as while a cluster elects leaders; a customer can wait. */
const retry = { attempts: 30, firstDelayMs: 200, maxDelayMs: 5_000 }

/** The fourteen tools of the desk. Writes honour the idempotency key, so they may be repeated. */
export const airlineTools: Readonly<Record<string, ToolContract<ToolInput, string>>> =
  Object.fromEntries(
    operations.map(({ name, description, input, kind }) => [
      name,
      declareTool<ToolInput, string>({
        name,
        description,
        input: z.object({
          branch: z.string(),
          arguments: input,
        }) as unknown as z.ZodType<ToolInput>,
        output: z.string(),
        effect: kind === 'read' ? 'read' : 'idempotent',
        timeoutMs: 10_000,
        retry,
        concurrency: 32,
      }),
    ]),
  )

const searches = new Set(['search_direct_flight', 'search_onestop_flight'])
const handover = 'transfer_to_human_agents'

export const writeNames: readonly string[] = operations
  .filter(({ kind }) => kind === 'write')
  .map(({ name }) => name)

export const searchNames: readonly string[] = [...searches]

export const lookUpNames: readonly string[] = operations
  .filter(({ kind, name }) => kind === 'read' && !searches.has(name) && name !== handover)
  .map(({ name }) => name)

export const handoverName: string = handover

const said = z.array(z.string())

/** Who the customer is, from the ids in the customer's own messages. */
export const identifyCustomer: ToolContract<
  { branch: string; customerSaid: string[] },
  { userId: string | null }
> = declareTool({
  name: 'identify_customer',
  retry,
  description: 'Finds the profile whose id the customer has given.',
  input: z.object({ branch: z.string(), customerSaid: said }),
  output: z.object({ userId: z.string().nullable() }),
  effect: 'read',
  concurrency: 32,
})

/** What the airline itself knows about a proposed write; the policy rests on nothing else. */
export const gatherFacts: ToolContract<
  { branch: string; proposal: Act; customerSaid: string[] },
  Facts
> = declareTool({
  name: 'gather_facts',
  retry,
  description: 'Reads the records that the policy needs to judge a proposed write.',
  input: z.object({
    branch: z.string(),
    proposal: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
    customerSaid: said,
  }),
  output: z.custom<Facts>((value) => typeof value === 'object' && value !== null),
  effect: 'read',
  concurrency: 32,
})

/** One line of a conversation, as a decider sees it. */
export interface Line {
  from: 'customer' | 'desk' | 'tool' | 'policy'
  text: string
  /** Of a tool or the policy: the call that it answers. */
  call?: Act | undefined
}

export interface NextMoveInput {
  /** Which recorded conversation to replay, if any. */
  recording: string | null
  /** How many moves have been chosen so far. */
  index: number
  customer: string | null
  /** What earlier conversations with this customer left in memory. */
  remembered: string[]
  lines: Line[]
}

/** A move for each of these tools, with the arguments that the tool takes. */
function calls<T extends string>(type: T, names: readonly string[]) {
  const [first, ...others] = operations
    .filter(({ name }) => names.includes(name))
    .map(({ name, description, input }) =>
      z
        .object({ type: z.literal(type), name: z.literal(name), arguments: input })
        .describe(description),
    )
  return z.discriminatedUnion('name', [first!, ...others])
}

const act: z.ZodType<Act> = z.object({
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
})

export const moveSchema = z.discriminatedUnion('type', [
  z
    .object({ type: z.literal('REPLY'), text: z.string() })
    .describe('Say this to the customer, and wait for what they say.'),
  calls('LOOK_UP', lookUpNames),
  calls('SEARCH', searchNames),
  calls('PROPOSE', writeNames),
  z
    .object({ type: z.literal('TRANSFER'), summary: z.string() })
    .describe('Hand the conversation to a person; nothing else can serve this customer.'),
]) as unknown as z.ZodType<Move>
export type Move =
  | { type: 'REPLY'; text: string }
  | ({ type: 'LOOK_UP' | 'SEARCH' | 'PROPOSE' } & Act)
  | { type: 'TRANSFER'; summary: string }

/** The only question that the desk asks a model: what to do next. */
export const nextMove = declareDecision<NextMoveInput, Move>({
  name: 'next_move',
  input: z.object({
    recording: z.string().nullable(),
    index: z.int(),
    customer: z.string().nullable(),
    remembered: z.array(z.string()),
    lines: z.array(
      z.object({
        from: z.enum(['customer', 'desk', 'tool', 'policy']),
        text: z.string(),
        call: act.optional(),
      }),
    ),
  }),
  options: moveSchema,
  timeoutMs: 30_000,
  streams: 'text',
})

/** The move that a call of one of the airline's tools stands for. */
export function moveOf(call: Act): Move {
  const { name } = call
  if (name === handover) {
    const { summary } = call.arguments
    return { type: 'TRANSFER', summary: typeof summary === 'string' ? summary : '' }
  }
  if (writeNames.includes(name)) return { type: 'PROPOSE', name, arguments: call.arguments }
  const type = searches.has(name) ? 'SEARCH' : 'LOOK_UP'
  return { type, name, arguments: call.arguments }
}
