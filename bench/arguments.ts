import type { CommanderError } from 'commander'
import { InvalidArgumentError, Option } from 'commander'

/** An option that takes names from a list, separated by commas. */
export function listOption(flags: string, what: string, choices: readonly string[]): Option {
  return new Option(flags, `${what}: ${choices.join(',')}`).argParser((text: string) => {
    const names = text.split(',')
    const unknown = names.find((name) => !choices.includes(name))
    if (unknown === undefined) return names
    throw new InvalidArgumentError(`${unknown || 'Nothing'} is none of ${choices.join(', ')}.`)
  })
}

export function wholeNumbers(text: string): number[] {
  return text.split(',').map((part) => {
    const value = positive(part)
    if (Number.isInteger(value)) return value
    throw new InvalidArgumentError(`${part} is not a whole number.`)
  })
}

export function positive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError(`${text || 'Nothing'} is not a positive number.`)
}

/** Ends the process after commander has told why: 0 for `--help`, 2 for bad usage. */
export function usageExit({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2)
}
