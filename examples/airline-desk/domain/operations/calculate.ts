import { z } from 'zod'
import { roundedFloat } from '../python-text.ts'
import { verbatim } from '../verbatim.ts'
import { ArithmeticError, evaluate } from './arithmetic.ts'
import type { Operation } from './operation.ts'
import { answer, failure } from './operation.ts'

// Keeps a hostile expression from nesting deeper than the parser's stack.
const LONGEST = 1000

const input = verbatim(
  z.object({ expression: z.string().describe('Numbers, + - * /, parentheses and spaces') }),
)
export type CalculateInput = z.infer<typeof input>

/** Works out an arithmetic expression to two decimal places. */
export const calculate: Operation<CalculateInput> = {
  name: 'calculate',
  description: 'Work out an arithmetic expression, rounded to two decimal places.',
  input,
  kind: 'read',
  run(_view, { expression }) {
    if (!/^[\d+\-*/(). ]*$/.test(expression)) return failure('invalid characters in expression')
    if (expression.length > LONGEST) return failure('expression is too long')
    try {
      return answer(roundedFloat(evaluate(expression)))
    } catch (error) {
      if (error instanceof ArithmeticError) return failure(error.message)
      throw error
    }
  },
}
