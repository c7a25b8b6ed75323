import { assign, setup } from 'xstate'
import { expect, test } from 'vitest'
import * as z from 'zod'
import type { AgentView } from '../../src/actors/client.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { toolActor } from '../../src/actors/source.ts'
import type {
  ApprovalContext,
  ApprovalEntry,
  ApprovalOutput,
} from '../../src/contracts/approval.ts'
import { approvalEvents, isApprovalOf } from '../../src/contracts/approval.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import type { AgentEvent } from '../../src/contracts/event.ts'
import { hashJson } from '../../src/contracts/json.ts'
import type { ApprovalOptions } from '../../src/machines/approval.ts'
import { defineApproval, expiryTimerPrefix } from '../../src/machines/approval.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import { collect } from '../bus/harness.ts'
import { describeModes, describeWorlds, ended, Executions } from './world.ts'
import type { World } from './world.ts'

const payment = z.object({ order: z.string(), cents: z.int() })

interface Context {
  order: string
  cents: number
  approval: ApprovalOutput | null
  asked: number
}

const effectOf = ({ order, cents }: Pick<Context, 'order' | 'cents'>) => ({
  name: 'pay',
  arguments: { order, cents },
})

/** A payer that pays only what people approved, and the tools that it and its approvals call. */
function payers(options: Partial<ApprovalOptions<object>> = {}) {
  const paid = new Executions<z.infer<typeof payment>>()
  const mailed = new Executions<{ type: string; to: string[] }>()
  const pay = defineTool({
    name: 'pay',
    input: payment,
    output: z.null(),
    effect: 'idempotent',
    execute: (input, scope) => (paid.note(input, scope), null),
  })
  const mail = defineTool({
    name: 'mail',
    input: z.object({ type: z.string(), to: z.array(z.string()) }),
    output: z.null(),
    effect: 'idempotent',
    execute: (input, scope) => (mailed.note(input, scope), null),
  })
  const approval = defineApproval({
    id: 'pay-approval',
    version: '1',
    subject: z.looseObject({ name: z.string() }),
    approvers: ['ann', 'bob'],
    expiresAfterMs: 3_600_000,
    notify: toolActor(mail),
    ...options,
  })
  const agents = [
    payerOf(approval, pay),
    defineAgent({ machine: approval, events: approvalEvents }),
  ]
  return { paid, mailed, parts: { agents: agents as AgentDefinition[], tools: [pay, mail] } }
}

type Approval = ReturnType<typeof defineApproval<object>>

function payerOf(
  approval: Approval,
  pay: Parameters<typeof toolActor<{ order: string; cents: number }, null>>[0],
) {
  const machine = setup({
    types: {} as {
      context: Context
      input: { order: string; cents: number }
      events: { type: 'AMEND'; cents: number } | { type: 'LEAVE' }
    },
    actors: { approval, pay: toolActor(pay) },
    guards: { approved: ({ context }) => isApprovalOf(context.approval, effectOf(context)) },
  }).createMachine({
    id: 'payer',
    version: '1',
    context: ({ input }) => ({ ...input, approval: null, asked: 0 }),
    initial: 'checking',
    on: { AMEND: { actions: assign({ cents: ({ event }) => event.cents }) } },
    states: {
      checking: { always: [{ guard: 'approved', target: 'paying' }, { target: 'asking' }] },
      asking: {
        entry: assign({ asked: ({ context }) => context.asked + 1 }),
        on: { LEAVE: 'left' },
        invoke: {
          id: 'approval',
          src: 'approval',
          input: ({ context }) => ({
            effect: effectOf(context),
            summary: `pay ${context.cents} for ${context.order}`,
            requestedBy: 'payer',
          }),
          onDone: [
            {
              guard: ({ event }) => event.output.kind === 'approved',
              target: 'checking',
              actions: assign({ approval: ({ event }) => event.output }),
            },
            { target: 'left', actions: assign({ approval: ({ event }) => event.output }) },
          ],
          onError: 'left',
        },
      },
      paying: {
        invoke: {
          id: 'pay',
          src: 'pay',
          input: ({ context }) => effectOf(context).arguments,
          onDone: 'paid',
          onError: 'left',
        },
      },
      paid: { type: 'final' },
      left: { type: 'final' },
    },
    output: ({ context }) => context,
  })
  return defineAgent({ machine })
}

/** The approval that waits for people, as soon as there is one. */
async function pending(world: World): Promise<AgentView> {
  let found: AgentView | undefined
  await world.until(async () => {
    const views = await collect(world.client.list('pay-approval'))
    found = views.find(({ status }) => status === 'active')
    return found !== undefined
  })
  return found!
}

function hashIn({ context }: AgentView): string {
  return (context as unknown as ApprovalContext).hash
}

async function say(world: World, { address }: AgentView, event: AgentEvent): Promise<void> {
  await world.settle(world.client.agent(address).send(event as never))
}

async function start(world: World) {
  const input = { order: 'A1', cents: 500 }
  return world.settle(world.client.start('payer', { id: 'p', input: input as never }))
}

function auditOf(output: Context): string[] {
  return output.approval!.audit.map(({ what }: ApprovalEntry) => what)
}

describeModes('an approval', (open) => {
  test('of two people lets exactly the approved payment happen, once', async () => {
    const world = await open()
    const { parts, paid, mailed } = payers({ required: 2 })
    await world.start(parts)
    const ref = await start(world)
    const asked = await pending(world)
    const hash = hashIn(asked)
    expect(hash).toBe(hashJson(effectOf({ order: 'A1', cents: 500 })))
    await say(world, asked, { type: 'APPROVE', by: 'ann', hash })
    await say(world, asked, { type: 'APPROVE', by: 'ann', hash })
    await say(world, asked, { type: 'APPROVE', by: 'dora', hash })
    await say(world, asked, { type: 'DELEGATE', by: 'bob', to: 'dora' })
    await say(world, asked, { type: 'APPROVE', by: 'dora', hash })
    const output = (await world.settle(ref.output())) as Context
    expect(output.approval).toMatchObject({ kind: 'approved', by: ['ann', 'dora'], refusals: 2 })
    expect(auditOf(output)).toEqual(
      expect.arrayContaining(['asked', 'approved', 'refused', 'refused', 'delegated', 'approved']),
    )
    expect(auditOf(output)).toHaveLength(6)
    expect([...paid.applied.values()]).toEqual([{ order: 'A1', cents: 500 }])
    expect([...mailed.applied.values()].flatMap(({ to }) => to)).toContain('dora')
    expect(await world.deadLetters()).toEqual([])
  })
})

describeWorlds('an approval', ['local', 'nats'], (open) => {
  test('of what it was is none of what it has become: it is asked again', async () => {
    const world = await open()
    const { parts, paid } = payers()
    await world.start(parts)
    const ref = await start(world)
    const first = await pending(world)
    await world.settle(ref.send({ type: 'AMEND', cents: 900 } as never))
    await say(world, first, { type: 'APPROVE', by: 'ann', hash: hashIn(first) })
    expect(await ended(world, first)).toMatchObject({ output: { kind: 'approved' } })
    const second = await pending(world)
    expect(formatAddress(second.address)).not.toBe(formatAddress(first.address))
    await say(world, second, { type: 'APPROVE', by: 'ann', hash: hashIn(first) })
    await say(world, second, { type: 'APPROVE', by: 'bob', hash: hashIn(second) })
    const output = (await world.settle(ref.output())) as Context
    expect(output).toMatchObject({ asked: 2, approval: { by: ['bob'], refusals: 1 } })
    expect([...paid.applied.values()]).toEqual([{ order: 'A1', cents: 900 }])
  })

  test('that is refused pays nothing', async () => {
    const world = await open()
    const { parts, paid } = payers()
    await world.start(parts)
    const ref = await start(world)
    const asked = await pending(world)
    await say(world, asked, { type: 'REJECT', by: 'bob', hash: hashIn(asked), note: 'too much' })
    const output = (await world.settle(ref.output())) as Context
    expect(output.approval).toMatchObject({ kind: 'rejected', by: ['bob'] })
    expect(output.approval!.audit.at(-1)).toMatchObject({ note: 'too much' })
    expect(paid.applied.size).toBe(0)
  })

  test('that nobody gives expires, and what comes later is a dead letter', async () => {
    const world = await open()
    const { parts, paid } = payers({ expiresAfterMs: 1_000 })
    await world.start(parts)
    const ref = await start(world)
    const output = (await world.settle(ref.output())) as Context
    expect(output.approval).toMatchObject({ kind: 'expired', by: [] })
    const [asked] = await world.settle(collect(world.client.list('pay-approval')))
    await say(world, asked!, { type: 'APPROVE', by: 'ann', hash: hashIn(asked!) })
    await world.until(async () => (await world.deadLetters()).length > 0)
    expect(await world.deadLetters()).toMatchObject([{ reason: 'agent-ended' }])
    expect(paid.applied.size).toBe(0)
  })

  test('keeps its deadline and its reminders when its host dies', async () => {
    const world = await open()
    const options = { expiresAfterMs: 6_000, remindEveryMs: 800, remindersMax: 2 }
    const { parts, mailed } = payers(options)
    const doomed = await world.start(parts)
    const ref = await start(world)
    const { address } = await pending(world)
    await world.settle(mailed.calls.until((calls) => calls.length > 0))
    await world.crash(doomed)
    await world.start(parts)
    const output = (await world.settle(ref.output())) as Context
    expect(auditOf(output)).toEqual(['asked', 'reminded', 'reminded', 'expired'])
    const types = [...mailed.applied.values()].map(({ type }) => type)
    expect(types).toEqual(['ASK', 'REMIND', 'REMIND'])
    const records = await world.history(address)
    const deadlines = records.flatMap(({ state }) =>
      Object.entries(state.timers).flatMap(([id, { atMs }]) =>
        id.startsWith(expiryTimerPrefix) ? [atMs] : [],
      ),
    )
    expect(new Set(deadlines)).toEqual(new Set([records[0]!.atMs + options.expiresAfterMs]))
    expect(records.at(-1)!.atMs).toBeGreaterThanOrEqual(deadlines[0]!)
  })

  test('stops with its parent, and when the parent leaves the state', async () => {
    const world = await open()
    const { parts } = payers()
    await world.start(parts)
    const ref = await start(world)
    const asked = await pending(world)
    await world.settle(ref.send({ type: 'LEAVE' } as never))
    expect(await ended(world, asked)).toMatchObject({ status: 'stopped' })
    const input = { order: 'B', cents: 1 }
    const other = await world.settle(world.client.start('payer', { input: input as never }))
    const again = await pending(world)
    await world.settle(other.stop())
    expect(await ended(world, again)).toMatchObject({ status: 'stopped' })
  })

  test('that breaks the schema of its events is refused at the door', async () => {
    const world = await open()
    await world.start(payers().parts)
    await start(world)
    const asked = await pending(world)
    await expect(say(world, asked, { type: 'APPROVE', hash: hashIn(asked) })).rejects.toThrow(/by/)
    await expect(say(world, asked, { type: 'PAY' })).rejects.toThrow(/APPROVE, REJECT, DELEGATE/)
  })
})
