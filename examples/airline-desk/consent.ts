/** Words with which people agree to something that was just laid out to them. */
const agreement =
  /\b(yes|yeah|yep|yup|sure|ok|okay|agreed?|confirm(ed)?|correct|absolutely|definitely|certainly|of course|go ahead|proceed|do it|sounds? (good|great|fine|perfect)|(that|this) (works|is fine|is correct|is right|would be great|sounds)|perfect|let'?s (do|go|book|proceed)|please (do|book|cancel|change|update|add|make|upgrade|downgrade|go|send|issue|use|charge|process|complete|finali[sz]e))\b/i

/** Words with which people take it back, or put it off. */
const refusal =
  /^\s*no\b|\b(do not|don'?t|please not|not yet|never ?mind|wait|hold on|stop|instead of proceeding|rather not|changed my mind|before (you|we) (do|proceed|go))\b/i

/**
 * Whether a customer's message is an explicit yes to the action that was put to them. The reading
 * is deliberately narrow: what is neither a clear yes nor free of a no counts as no.
 */
export function agrees(text: string): boolean {
  return agreement.test(text) && !refusal.test(text)
}
