import type { AirlineData, Changes } from '../domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../domain/database.ts'
import { operationNamed } from '../domain/operations/index.ts'
import type { Attempt } from './attempts.ts'
import { isExplicitYes, ruleOn } from './checker/index.ts'
import type { Ruling } from './checker/ruling.ts'
import type { Played } from './play.ts'

/** An attempt as the independent checker sees it. */
export interface Audited extends Attempt {
  ruling: Ruling
  /** The customer's last recorded message before it was an explicit yes. */
  confirmed: boolean
  /** Allowed by the policy and confirmed. */
  legitimate: boolean
}

export interface AuditedPlay extends Played {
  audited: Audited[]
}

/** Judges every attempt on the database as it was at that moment, by rules of its own. */
export function audit(data: AirlineData, played: Played): AuditedPlay {
  let changes = noChanges()
  let certificates = 0
  const before = overlay(data)
  const audited = played.attempts.map((attempt): Audited => {
    const { act, customerSaid, lastSaid, result, shown } = attempt
    const ruling = ruleOn({
      write: act,
      now: overlay(data, changes),
      before,
      customerSaid,
      touched: new Set(Object.keys(changes.reservations)),
      certificates,
      ...(shown === undefined ? {} : { shown }),
    })
    if (result === 'committed') {
      changes = mergeChanges(changes, changesOf(data, changes, attempt))
      if (act.name === 'send_certificate') certificates++
    }
    const confirmed = isExplicitYes(lastSaid)
    return { ...attempt, ruling, confirmed, legitimate: ruling.allowed && confirmed }
  })
  return { ...played, audited }
}

function changesOf(data: AirlineData, changes: Changes, { act }: Attempt): Changes {
  const operation = operationNamed(act.name)!
  return operation.run(overlay(data, changes), act.arguments).changes
}

/** Committed although the policy forbids it, or although nobody has said yes. */
export function isForbidden({ result, legitimate }: Audited): boolean {
  return result === 'committed' && !legitimate
}

/** Legitimate, and yet the desk did not do it. What the tool itself turns down is nobody's refusal. */
export function isWronglyRefused({ result, legitimate }: Audited): boolean {
  return result === 'refused' && legitimate
}
