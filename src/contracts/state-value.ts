/** The active states: a name, or regions by name. */
export type StateValue = string | { [region: string]: StateValue | undefined }

/** The active leaf states as dotted paths, such as `serving.confirm`; regions joined by ` + `. */
export function describeValue(value: StateValue): string {
  if (typeof value === 'string') return value
  return Object.entries(value)
    .map(([name, below]) => {
      const text = below === undefined ? '' : describeValue(below)
      return text === '' ? name : `${name}.${text}`
    })
    .join(' + ')
}
