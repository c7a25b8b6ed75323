/** What stands for a secret. */
export const redactedMark = '[redacted]'

/** Forms that secrets come in; each is long or marked enough not to be met by chance. */
const forms: readonly RegExp[] = [
  // Keys of OpenAI, Stripe, GitHub, Slack, AWS, Google.
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  // JSON Web Tokens, and what follows "Bearer".
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /(?<=\bbearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
]
const cardNumber = /\b\d(?:[ -]?\d){12,18}\b/g

/** Takes secrets out of a text: those that are given, and what looks like one. */
export function redact(
  text: string,
  secrets: readonly string[] = [],
): { text: string; count: number } {
  let count = 0
  const take = (): string => {
    count++
    return redactedMark
  }
  let clean = text
  // The longest first, so that no part of one is left when a shorter one lies in it.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    if (secret !== '') clean = clean.replaceAll(secret, take)
  }
  for (const form of forms) clean = clean.replaceAll(form, take)
  clean = clean.replaceAll(cardNumber, (digits) => (isCardNumber(digits) ? take() : digits))
  return { text: clean, count }
}

/** The check digit of ISO/IEC 7812-1 (Luhn). */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, '').split('').toReversed()
  const sum = digits.reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
