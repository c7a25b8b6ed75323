/** The sentences of a message in lower case, each with its closing mark. */
export function sentencesOf(message: string): string[] {
  return message
    .toLowerCase()
    .replace(/[‘’`]/g, "'")
    .split(/(?<=[.!?])\s+|[\n;()]+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[\p{L}\d]/u.test(sentence))
}

const CONNECTIVE =
  /,|[–—]|\s(?=(?:but|and|or|because|since|as|so|due to|if|unless|in case|while|when|although|though|for (?:my|your|health|medical|weather))\b)/

/**
 * The clauses of a sentence, each with the word that ties it to the one before, so that a reason
 * and a condition can be told apart: `i cannot fly` / `because i am ill`, `if i were ill`.
 */
export function clausesOf(sentence: string): string[] {
  return sentence
    .split(CONNECTIVE)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '')
}
