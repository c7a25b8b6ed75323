import { Command, Option } from 'commander'
import { InputError } from '../../contracts/error.ts'
import type { SettingsOptions } from '../settings.ts'

/** Options that every command has. */
export interface SharedOptions extends SettingsOptions {
  json?: boolean
}

/** A command with the options that all share. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option('--config <file>', 'configuration file (default: ashlar.config.json)'))
    .addOption(new Option('--cell <name>', 'namespace of the deployment (default: main)'))
    .addOption(new Option('--port <number>', 'port of the embedded broker; 0: any free one'))
    .addOption(new Option('--json', 'print the result as one JSON object on the last line'))
}

/** For repeated options. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value]
}

/** For options that are whole numbers from 1. @throws InputError naming the option */
export function whole(field: string): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isInteger(number) && number >= 1) return number
    const todo = 'give, for example, 8'
    throw new InputError({ field, expected: 'a whole number from 1', got: text, todo })
  }
}
