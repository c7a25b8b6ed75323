import { fileURLToPath } from 'node:url'
import type { AirlineData, Changes } from '../../examples/airline-desk/domain/database.ts'
import { noChanges } from '../../examples/airline-desk/domain/database.ts'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import type { Reservation, User } from '../../examples/airline-desk/domain/records.ts'
import { gatherFacts, judge } from '../../examples/airline-desk/domain/policy/index.ts'

/** The folder of the invented data set. */
export const DATA_DIR = fileURLToPath(new URL('../../examples/airline-desk/data/', import.meta.url))

/** The invented data set. */
export const data: AirlineData = await loadAirlineData(DATA_DIR)

/** The rule that refuses a call, or `allowed`. */
export function ruling(
  name: string,
  args: unknown,
  said: string | string[],
  changes: Changes = noChanges(),
): string {
  const proposal = { name, arguments: args }
  const verdict = judge(proposal, gatherFacts(data, changes, proposal, [said].flat()))
  return verdict.allowed ? 'allowed' : verdict.rule
}

/** Changes in which one reservation has other values than in the data. */
export function altered(id: string, values: Partial<Reservation>): Changes {
  const reservation = data.reservations[id]
  if (!reservation) throw new Error(`no reservation ${id}`)
  return { users: {}, reservations: { [id]: { ...reservation, ...values } } }
}

/** Changes in which one customer has other values than in the data. */
export function alteredUser(id: string, values: Partial<User>): Changes {
  const user = data.users[id]
  if (!user) throw new Error(`no user ${id}`)
  return { users: { [id]: { ...user, ...values } }, reservations: {} }
}
