/** The agent loop as a Restate workflow, once in one handler and once over services. */
import { service, workflow } from '@restatedev/restate-sdk'
import type { Context, WorkflowContext } from '@restatedev/restate-sdk'
import * as loop from './agent-loop.ts'
import type { AgentState } from './agent-loop.ts'

export const workflowLoop = workflow({
  name: 'workflowLoop',
  handlers: {
    run: async (ctx: WorkflowContext, start: AgentState): Promise<AgentState> => {
      let state = start
      for (;;) {
        const current = state
        state = await ctx.run('decide', () => loop.decide(current))
        const decided = state
        if (decided.next === 'end') return decided
        if (decided.next === 'a') state = await ctx.run('toolA', () => loop.toolA(decided))
        else state = await ctx.run('toolB', () => loop.toolB(decided))
      }
    },
  },
})

type Call = (ctx: Context, state: AgentState) => Promise<AgentState>

const decide: Call = async (_ctx, state) => loop.decide(state)
const callA: Call = async (_ctx, state) => loop.toolA(state)
const callB: Call = async (_ctx, state) => loop.toolB(state)

export const decider = service({ name: 'decider', handlers: { decide } })
const toolA = service({ name: 'toolA', handlers: { call: callA } })
const toolB = service({ name: 'toolB', handlers: { call: callB } })
export const tools = [toolA, toolB]

export const servicesLoop = workflow({
  name: 'servicesLoop',
  handlers: {
    run: async (ctx: WorkflowContext, start: AgentState): Promise<AgentState> => {
      let state = start
      for (;;) {
        state = await ctx.serviceClient(decider).decide(state)
        if (state.next === 'end') return state
        const tool = state.next === 'a' ? toolA : toolB
        state = await ctx.serviceClient(tool).call(state)
      }
    },
  },
})
