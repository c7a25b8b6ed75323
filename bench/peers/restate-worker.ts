/** The process that serves the handlers named by its argument, until its parent has gone. */
import { serve } from '@restatedev/restate-sdk'
import { decider, servicesLoop, tools, workflowLoop } from './restate-handlers.ts'
import type { Handlers } from './restate-server.ts'

async function servicesFor(handlers: Handlers): Promise<Parameters<typeof serve>[0]['services']> {
  if (handlers === 'workflow') return [workflowLoop]
  if (handlers === 'services') return [servicesLoop, decider, ...tools]
  return [(await import('./restate-xstate-machine.ts')).machineObject]
}

process.on('disconnect', () => process.exit())
const services = await servicesFor(process.argv[2] as Handlers)
process.send!(await serve({ services, port: 0 }))
