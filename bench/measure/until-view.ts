import type { Address, AgentView, Runtime } from 'ashlar'
import { sleep } from './closed-loop.ts'

const pollEveryMs = 20
const patienceMs = 120_000

/**
 * Reads an agent until the condition holds. Waiting by notice for thousands of agents would load
 * the broker.
 */
export async function untilView(
  { client }: Runtime,
  address: Address,
  condition: (view: AgentView) => boolean,
): Promise<AgentView> {
  const giveUpMs = performance.now() + patienceMs
  for (;;) {
    const view = await client.view(address)
    if (view && condition(view)) return view
    if (performance.now() > giveUpMs) throw new Error(`${address.id} did not go on`)
    await sleep(pollEveryMs)
  }
}
