import { InputError } from '../contracts/error.ts'

/** Parses a JSON argument. @throws InputError naming the argument */
export function parseJson(field: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const todo = 'quote it for the shell, for example \'{"name":"value"}\''
    throw new InputError({ field, expected: 'JSON', got: text, todo })
  }
}
