/** A piece of a report; the terminal and Markdown draw it each in their way. */
export type Block =
  | { kind: 'table'; title: string; head: readonly string[]; rows: readonly (readonly string[])[] }
  | { kind: 'bars'; title: string; unit: string; bars: readonly Bar[] }
  | { kind: 'note'; text: string }

export interface Bar {
  label: string
  value: number
}

/** A number as people read it: four digits that count, thousands separated. */
export function show(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  const magnitude = Math.abs(value)
  const digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export function showBytes(bytes: number | undefined): string {
  if (bytes === undefined) return '–'
  if (Math.abs(bytes) >= 1024 * 1024) return `${show(bytes / 1024 / 1024)} MB`
  return Math.abs(bytes) >= 1024 ? `${show(bytes / 1024)} KB` : `${show(bytes)} B`
}

export function showPercent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
