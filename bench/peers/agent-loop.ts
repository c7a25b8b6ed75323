/**
 * The agent loop that every peer runs: decide, tool A, decide, tool B, decide. The decisions and
 * the tools are scripted and instant, so that what is measured is the durability around them.
 */
import { isDeepStrictEqual } from 'node:util'

export interface AgentState {
  id: string
  n: number
  pad: string
  next: 'start' | 'a' | 'b' | 'end'
  a: number | null
  b: number | null
}

// Brings the stored JSON of a step to about 300 bytes.
const pad = 'x'.repeat(200)

export function startState(n: number): AgentState {
  return { id: `run-${n}`, n, pad, next: 'start', a: null, b: null }
}

export function decide(state: AgentState): AgentState {
  const next = state.a === null ? 'a' : state.b === null ? 'b' : 'end'
  return { ...state, next }
}

export function toolA(state: AgentState): AgentState {
  if (state.next !== 'a') throw new Error(`tool A called when "${state.next}" was decided`)
  return { ...state, a: state.n * 2 }
}

export function toolB(state: AgentState): AgentState {
  if (state.next !== 'b' || state.a === null) {
    throw new Error(`tool B called when "${state.next}" was decided`)
  }
  return { ...state, b: state.a + 1 }
}

export function isExpectedOutput(n: number, output: unknown): boolean {
  const expected = { ...startState(n), next: 'end', a: n * 2, b: n * 2 + 1 }
  return isDeepStrictEqual(output, expected)
}
