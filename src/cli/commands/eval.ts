import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { AshlarError, InputError, toErrorValue } from '../../contracts/error.ts'
import type { EvalCase, EvalReport, EvalResult } from '../../decision/evaluate.ts'
import { optionMembers, readCases, report } from '../../decision/evaluate.ts'
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
  ignore: string[]
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
    .option(
      '--ignore <member>',
      'do not compare this member of the options, say a text; may be repeated',
      collect,
      [],
    )
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

/** @throws InputError for `type`, and for what no option has */
function checkIgnored({ decision }: OneDecision, names: readonly string[]): void {
  const members = [...optionMembers(decision)].filter((member) => member !== 'type')
  const unknown = names.find((name) => !members.includes(name))
  if (unknown === undefined) return
  throw new InputError({
    field: '--ignore',
    expected: `a member of the options of ${decision.name} beside \`type\`: ${members.join(', ') || 'none'}`,
    got: unknown,
    todo: 'correct the name, or leave the option out',
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
  checkIgnored(one, options.ignore)
  const all = readCases(await readText(options.cases), one.decision, options.cases)
  const cases = all.slice(0, options.limit)
  if (cases.length === 0) {
    const todo = 'record some with `ashlar run --record FILE`'
    throw new InputError({ field: options.cases, expected: `cases of ${name}`, got: 'none', todo })
  }
  const results = await askAll(one, cases, options.concurrency, output)
  const { ignore: ignored, minAccuracy } = options
  const summary = report(results, ignored)
  print(one, summary, ignored, output)
  output.result({
    decision: name,
    deciders: one.decision.deciders.map((it) => it.name),
    ignored,
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

function print(
  { decision }: OneDecision,
  summary: EvalReport,
  ignored: readonly string[],
  output: Output,
): void {
  const { cases, right, accuracy, abstained, confusions, latencyMs, wrong } = summary
  output.line(`${decision.name}, asked of ${decision.deciders.map(({ name }) => name).join(', ')}`)
  output.line(`${right} of ${cases} right: ${percent(accuracy)}; ${abstained} abstained`)
  const { sameOption, optionAccuracy } = summary
  output.line(`${sameOption} of ${cases} the same option: ${percent(optionAccuracy)}`)
  if (ignored.length > 0) output.line(`not compared: ${ignored.join(', ')}`)
  output.line('')
  printOptions(summary, output)
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

/** Recall and precision are those of right answers. */
function printOptions({ byOption }: EvalReport, output: Output): void {
  const width = Math.max(6, ...byOption.map(({ option }) => option.length))
  const head = 'cases  same option  right  recall  chosen  precision'
  output.line(`  ${'option'.padEnd(width)}  ${head}`)
  for (const { option, cases, sameOption, right, chosen } of byOption) {
    const recall = cases === 0 ? '–' : percent(right / cases)
    const precision = chosen === 0 ? '–' : percent(right / chosen)
    const numbers = [
      String(cases).padStart(5),
      String(sameOption).padStart(11),
      String(right).padStart(5),
      recall.padStart(6),
      String(chosen).padStart(6),
      precision.padStart(9),
    ]
    output.line(`  ${option.padEnd(width)}  ${numbers.join('  ')}`)
  }
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}
