import type { Dispute, Ruling } from './ruling.ts'

/** What one rule says of a write; `undefined` where it has nothing to say. */
export type Finding = Ruling | undefined

/** One rule of the policy, evaluated only if the rules before it had no objection. */
export type Rule = () => Finding

/** The policy forbids the write: it breaks `sentence`. */
export function forbidden(sentence: string, why: string, disputed?: Dispute): Ruling {
  return { allowed: false, sentence, why, ...(disputed && { disputed }) }
}

/** The policy allows the write, but only as this checker reads it. */
export function allowedAsRead(disputed: Dispute | undefined): Finding {
  return disputed && { allowed: true, disputed }
}

/** The first objection of the rules, in order; with none, the write is allowed. */
export function firstObjection(...rules: Rule[]): Ruling {
  let disputed: Dispute | undefined
  for (const rule of rules) {
    const finding = rule()
    if (finding && !finding.allowed) return finding
    disputed ??= finding?.disputed
  }
  return { allowed: true, ...(disputed && { disputed }) }
}
