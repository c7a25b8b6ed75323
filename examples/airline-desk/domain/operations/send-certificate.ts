import { z } from 'zod'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { failure } from './operation.ts'

/** The payment ids that new certificates get, in this order. */
export const NEW_CERTIFICATES = [
  'certificate_3221322',
  'certificate_3221323',
  'certificate_3221324',
] as const

const input = verbatim(
  z.object({
    user_id: z.string().describe('User id of the customer who gets the certificate'),
    amount: z.number().describe('Value in dollars'),
  }),
)
export type SendCertificateInput = z.infer<typeof input>

/** Puts a travel certificate into a customer's profile. */
export const sendCertificate: Operation<SendCertificateInput> = {
  name: 'send_certificate',
  description: 'Give a customer a travel certificate as a gesture for a disrupted trip.',
  input,
  kind: 'write',
  run(view, { user_id, amount }) {
    const current = view.user(user_id)
    if (!current) return failure('user not found')
    const id = NEW_CERTIFICATES.find((candidate) => !current.payment_methods[candidate])
    if (!id) return failure('no certificate left to give')
    const user = structuredClone(current)
    user.payment_methods[id] = { source: 'certificate', amount, id }
    return {
      text: `Certificate ${id} added to user ${user_id} with amount ${amount}.`,
      changes: { users: { [user_id]: user }, reservations: {} },
    }
  },
}
