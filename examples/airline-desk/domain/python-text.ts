/**
 * A JSON value as the benchmark's tools print it: `, ` and `: ` between the parts and every
 * character outside printable ASCII escaped.
 */
export function dumps(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(dumps).join(', ')}]`
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => `${quote(key)}: ${dumps(part)}`)
  return `{${parts.join(', ')}}`
}

/** A float rounded to two places, half to even, printed with its decimal point. */
export function roundedFloat(value: number): string {
  const rounded = roundHalfEven(value)
  const text = String(rounded)
  if (Object.is(rounded, -0) && value !== 0) return '-0.0'
  if (Math.abs(rounded) >= 1e16) return rounded.toExponential().replace(/e\+(\d)$/, 'e+0$1')
  return Number.isInteger(rounded) ? `${text}.0` : text
}

function roundHalfEven(value: number): number {
  if (Math.abs(value) >= 1e15) return value
  const upward = Number(value.toFixed(2))
  // toFixed works on the exact binary value but breaks ties away from zero. A binary float can
  // only tie at the third decimal if it is an odd number of eighths.
  const eighths = value * 8
  const tie = Number.isInteger(eighths) && eighths % 2 !== 0
  if (!tie || Math.round(Math.abs(upward) * 100) % 2 === 0) return upward
  return Number((upward - Math.sign(value) * 0.01).toFixed(2))
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
