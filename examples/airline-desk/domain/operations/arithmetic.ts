/** An arithmetic expression that cannot be evaluated; the message says why. */
export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError'
}

/** Evaluates numbers, `+ - * /`, parentheses and spaces; throws {@link ArithmeticError}. */
export function evaluate(expression: string): number {
  const tokens = expression.match(/\d+\.?\d*|\.\d+|[-+*/()]|[^\s]/g) ?? []
  const reader = { tokens, at: 0 }
  const value = sum(reader)
  if (reader.at < tokens.length) throw new ArithmeticError('invalid syntax')
  return value
}

interface Reader {
  tokens: string[]
  at: number
}

function sum(reader: Reader): number {
  let value = product(reader)
  for (;;) {
    const sign = take(reader, '+', '-')
    if (!sign) return value
    const right = product(reader)
    value = sign === '+' ? value + right : value - right
  }
}

function product(reader: Reader): number {
  let value = factor(reader)
  for (;;) {
    const sign = take(reader, '*', '/')
    if (!sign) return value
    const right = factor(reader)
    if (sign === '/' && right === 0) throw new ArithmeticError('division by zero')
    value = sign === '*' ? value * right : value / right
  }
}

function factor(reader: Reader): number {
  let sign = 1
  for (let token = take(reader, '+', '-'); token; token = take(reader, '+', '-')) {
    if (token === '-') sign = -sign
  }
  return sign * operand(reader)
}

function operand(reader: Reader): number {
  if (take(reader, '(')) {
    const value = sum(reader)
    if (!take(reader, ')')) throw new ArithmeticError('invalid syntax')
    return value
  }
  const token = reader.tokens[reader.at]
  if (token === undefined || !/^(\d+\.?\d*|\.\d+)$/.test(token)) {
    throw new ArithmeticError('invalid syntax')
  }
  reader.at += 1
  return Number(token)
}

function take(reader: Reader, ...wanted: string[]): string | undefined {
  const token = reader.tokens[reader.at]
  if (token === undefined || !wanted.includes(token)) return undefined
  reader.at += 1
  return token
}
