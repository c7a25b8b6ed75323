import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { AshlarError, InputError, toErrorValue } from '../../contracts/error.ts'
import type { EvalCase, EvalReport, EvalResult } from '../../decision/evaluate.ts'
import { readCases, report } from '../../decision/evaluate.ts'
import type { OneDecision } from '../one-decision.ts'
import { loadDecision } from '../one-decision.ts'
import type { Output } from '../output.ts'
import { createOutput } from '../output.ts'
import { parseAssignments } from '../settings.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command, whole } from './shared-options.ts'

interface EvalOptions extends SharedOptions {
  cases: string
  set: string[]
  decider: string[]
  concurrency: number
  limit?: number
  minAccuracy?: number
}

const progressEvery = 100
const shownWrong = 10

/** `ashlar eval <module> <decision>`: runs a decision alone against labelled cases. */
export function evalCommand(): Command {
  return command('eval', 'run a decision against labelled cases, without agents or a broker')
    .argument('<module>', 'path of a module whose service has the decision')
    .argument('<decision>', 'name of the decision')
    .requiredOption(
      '--cases <file>',
      'JSON lines: {"input", "expected", "offered"?}, or a recording',
    )
    .option('--set <name=value>', 'option for the module; may be repeated', collect, [])
    .option('--decider <name>', 'ask only this one; may be repeated', collect, [])
    .option('--concurrency <number>', 'cases at once', whole('--concurrency'), 8)
    .option('--limit <number>', 'take the first cases only', whole('--limit'))
    .option('--min-accuracy <share>', 'fail below this, from 0 to 1', share)
    .action(run)
}

function share(text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && number >= 0 && number <= 1) return number
  const expected = 'a number from 0 to 1'
  throw new InputError({
    field: '--min-accuracy',
    expected,
    got: text,
    todo: 'give, for example, 0.9',
  })
}

/** The accuracy is below what was asked for. */
class BelowThresholdError extends AshlarError {
  override readonly name = 'BelowThresholdError'
}

async function run(module: string, name: string, options: EvalOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const choice = { options: parseAssignments(options.set), deciders: options.decider }
  const one = await loadDecision(module, name, choice)
  const all = readCases(await readText(options.cases), one.decision, options.cases)
  const cases = all.slice(0, options.limit)
  if (cases.length === 0) {
    const todo = 'record some with `ashlar run --record FILE`'
    throw new InputError({ field: options.cases, expected: `cases of ${name}`, got: 'none', todo })
  }
  const results = await askAll(one, cases, options.concurrency, output)
  const summary = report(results)
  print(one, summary, output)
  const { minAccuracy } = options
  output.result({
    decision: name,
    deciders: one.decision.deciders.map((it) => it.name),
    ...summary,
  })
  if (minAccuracy !== undefined && summary.accuracy < minAccuracy) {
    const text = `accuracy ${percent(summary.accuracy)} is below ${percent(minAccuracy)}`
    throw new BelowThresholdError('below-threshold', text)
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    const todo = `correct the path: ${toErrorValue(thrown).message}`
    throw new InputError({ field: '--cases', expected: 'a file that can be read', got: file, todo })
  }
}

async function askAll(
  one: OneDecision,
  cases: readonly EvalCase[],
  concurrency: number,
  output: Output,
): Promise<EvalResult[]> {
  const results: EvalResult[] = []
  let next = 0
  let ended = 0
  const lane = async (): Promise<void> => {
    while (next < cases.length) {
      const index = next++
      const asked = cases[index]!
      results[index] = { case: asked, outcome: await one.ask(asked.input, asked.offered) }
      if (++ended % progressEvery === 0) output.progress(`${ended} of ${cases.length} cases`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, cases.length) }, lane))
  return results
}

function print({ decision }: OneDecision, summary: EvalReport, output: Output): void {
  const { cases, right, accuracy, abstained, byOption, confusions, latencyMs, wrong } = summary
  output.line(`${decision.name}, asked of ${decision.deciders.map(({ name }) => name).join(', ')}`)
  output.line(`${right} of ${cases} right: ${percent(accuracy)}; ${abstained} abstained`)
  output.line('')
  const width = Math.max(6, ...byOption.map(({ option }) => option.length))
  output.line(`  ${'option'.padEnd(width)}  cases  right  recall  chosen  precision`)
  for (const score of byOption) {
    const recall = score.cases === 0 ? '–' : percent(score.right / score.cases)
    const precision = score.chosen === 0 ? '–' : percent(score.right / score.chosen)
    const numbers = [
      String(score.cases).padStart(5),
      String(score.right).padStart(5),
      recall.padStart(6),
      String(score.chosen).padStart(6),
      precision.padStart(9),
    ]
    output.line(`  ${score.option.padEnd(width)}  ${numbers.join('  ')}`)
  }
  if (confusions.length > 0) output.line('')
  for (const { expected, chosen, count } of confusions.slice(0, shownWrong)) {
    output.line(`  ${expected} taken for ${chosen}: ${count}`)
  }
  output.line('')
  const tokens = `${summary.inputTokens} + ${summary.outputTokens} tokens, ${summary.usd.toFixed(4)} USD`
  output.line(
    `${tokens}; ${latencyMs.p50.toFixed(0)} ms (median), ${latencyMs.p95.toFixed(0)} ms (p95)`,
  )
  for (const { name, expected, chosen, reasons } of wrong.slice(0, shownWrong)) {
    const got = chosen ? JSON.stringify(chosen) : `abstained: ${reasons?.join('; ')}`
    output.line(`wrong: ${name}: ${JSON.stringify(expected)} expected, ${got}`)
  }
  if (wrong.length > shownWrong) {
    output.line(`and ${wrong.length - shownWrong} more; --json lists all`)
  }
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}
