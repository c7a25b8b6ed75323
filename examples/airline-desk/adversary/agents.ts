import { defineAgent, defineService } from 'ashlar'
import { deskAgent } from '../desk.ts'
import { baselineMachine } from './baseline-machine.ts'

/** The prompt-and-loop desk takes from outside what the other one takes. */
export const baselineAgent = defineAgent({
  machine: baselineMachine,
  input: deskAgent.input as never,
  events: deskAgent.events,
})

/** Both desks in one process, so that both are measured in one run. */
export default defineService('airline-desks', () => ({ agents: [deskAgent, baselineAgent] }))
