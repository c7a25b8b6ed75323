import * as z from 'zod'
import { InputError } from './error.ts'

/** Names one agent: the id of its machine and an id chosen by whoever started it. */
export interface Address {
  readonly type: string
  readonly id: string
}

const typePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
/** Ids travel escaped in subjects, so any printable text without `/` and spaces is allowed. */
const idPattern = /^[^\s/\p{Cc}]{1,200}$/u

export const addressSchema: z.ZodType<Address> = z.object({
  type: z.string().regex(typePattern),
  id: z.string().regex(idPattern),
})

/** The text form `type/id`. */
export function formatAddress(address: Address): string {
  return `${address.type}/${address.id}`
}

/**
 * Parses `type/id`.
 * @throws InputError when the text is not an address.
 */
export function parseAddress(text: string): Address {
  const slash = text.indexOf('/')
  const address = { type: text.slice(0, slash), id: text.slice(slash + 1) }
  if (slash < 1 || !addressSchema.safeParse(address).success) {
    throw new InputError({
      field: 'address',
      expected: '`type/id`: a machine id, a slash and an id without spaces or slashes',
      got: text,
      todo: 'write it as, for example, `airline-desk/case-17`',
    })
  }
  return address
}

/** Checks an address that a caller built by hand. @throws InputError */
export function checkAddress(address: Address): Address {
  return parseAddress(formatAddress(address))
}
