import type { MutationPlan } from 'ashlar/proof'
import { defineMutations } from 'ashlar/proof'

/** Guards of the desk without which it does the same. */
export const survivors: MutationPlan = defineMutations({
  'airline-desk': {
    explained: {
      'airline-desk.executing.choosing | always[5] -> airline-desk.executing.send_certificate without its guard':
        'only the six writes pass the policy, and the first five are chosen before',
    },
  },
})
