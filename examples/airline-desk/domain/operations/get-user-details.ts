import { z } from 'zod'
import { dumps } from '../python-text.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer, failure } from './operation.ts'

const input = verbatim(z.object({ user_id: z.string().describe('User id of the customer') }))
export type GetUserDetailsInput = z.infer<typeof input>

/** Looks up a customer's profile. */
export const getUserDetails: Operation<GetUserDetailsInput> = {
  name: 'get_user_details',
  description: "Look up a customer's profile: payment methods, tier and reservation ids.",
  input,
  kind: 'read',
  run(view, { user_id }) {
    const user = view.user(user_id)
    return user ? answer(dumps(user)) : failure('user not found')
  },
}
