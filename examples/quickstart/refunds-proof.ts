import { atMost, defineWorld, everyStateIsReached, onceAtMostOnce, settles } from 'ashlar/proof'
import { refundAgent } from './refunds.ts'

// Two refunds, one within the limit and one beyond it, and a model that may choose what it likes.
export default defineWorld<null>({
  name: 'refunds',
  agents: [
    { definition: refundAgent, id: 'small', input: { order: 'A1', cents: 500 } },
    { definition: refundAgent, id: 'large', input: { order: 'A2', cents: 50_000 } },
  ],
  bounds: { crashes: 1, duplicates: 1 },
  properties: [
    onceAtMostOnce(),
    // Whatever happens, both end.
    settles(),
    everyStateIsReached(),
    atMost('beyond the limit nothing is paid', 0, (so) => {
      return so.kind === 'executed' && so.tool === 'pay_out' && so.agent === 'refund/large'
    }),
  ],
})
