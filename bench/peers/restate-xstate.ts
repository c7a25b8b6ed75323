/** An XState machine made durable on Restate by @restatedev/xstate. */
import { connect } from '@restatedev/restate-sdk-clients'
import { startState } from './agent-loop.ts'
import { assertFinished } from './peer.ts'
import type { OpenPeer } from './peer.ts'
import { startRestate } from './restate-server.ts'
import type { MachineHandlers } from './restate-xstate-machine.ts'

const name = 'agentLoop'

export const open: OpenPeer<'default'> = async (_variant, dir) => {
  const restate = await startRestate('xstate', dir)
  const client = connect({ url: restate.ingressUrl })
  return {
    syncedPerStep: true,
    run: async (n) => {
      const input = startState(n)
      const machine = client.objectClient<MachineHandlers>({ name }, input.id)
      await machine.create({ input })
      const snapshot = (await machine.waitFor({ condition: 'done' })) as { output?: unknown }
      return snapshot.output
    },
    verify: async (count) => {
      const [row] = await restate.query(
        `SELECT count(*) AS finished FROM state WHERE service_name = '${name}'
           AND key = 'snapshot' AND json_get_str(value_utf8, 'status') = 'done'`,
      )
      assertFinished(Number(row?.['finished']), count)
    },
    close: restate.close,
  }
}
