/** Restate, its workflow either with every step in one handler or with a service for each step. */
import { connect } from '@restatedev/restate-sdk-clients'
import { startState } from './agent-loop.ts'
import { assertFinished } from './peer.ts'
import type { OpenPeer } from './peer.ts'
import type { servicesLoop, workflowLoop } from './restate-handlers.ts'
import { startRestate } from './restate-server.ts'

type Loop = typeof workflowLoop | typeof servicesLoop

export const open: OpenPeer<'workflow' | 'services'> = async (variant, dir) => {
  const restate = await startRestate(variant, dir)
  const client = connect({ url: restate.ingressUrl })
  const name = variant === 'workflow' ? 'workflowLoop' : 'servicesLoop'
  return {
    // The log server syncs its write-ahead log before it answers, unless told otherwise.
    syncedPerStep: true,
    run: async (n) => {
      const state = startState(n)
      const loop = client.workflowClient<Loop>({ name }, state.id)
      return client.result(await loop.workflowSubmit(state))
    },
    verify: async (count) => {
      const [row] = await restate.query(
        `SELECT count(*) AS finished FROM sys_invocation
           WHERE target_service_name = '${name}' AND completion_result = 'success'`,
      )
      assertFinished(Number(row?.['finished']), count)
    },
    close: restate.close,
  }
}
