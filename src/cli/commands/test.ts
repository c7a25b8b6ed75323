import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import * as z from 'zod'
import { firstIssue } from '../../contracts/envelope.ts'
import { InputError, toErrorValue } from '../../contracts/error.ts'
import { readText } from '../../contracts/json.ts'
import { holdProcess } from '../../bus/process-hold.ts'
import type { ClauseReport, ContractPart } from '../module-contracts.ts'
import { loadContracts } from '../module-contracts.ts'
import type { Output } from '../output.ts'
import { createOutput, exitCodes } from '../output.ts'
import { parseAssignments } from '../settings.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command } from './shared-options.ts'

interface TestOptions extends SharedOptions {
  set: string[]
  only: string[]
  execute?: boolean
  examples?: string
}

/** `ashlar test <module>`: tests what the tools and decisions of a service declare. */
export function testCommand(): Command {
  return command('test', 'test the tools and decisions of a module against what they declare')
    .argument('<module>', 'path of a module that exports a service')
    .option('--only <name>', 'this tool or decision; may be repeated', collect, [])
    .option('--set <name=value>', 'option for the module; may be repeated', collect, [])
    .option(
      '--examples <file>',
      'JSON: per tool a list of inputs, per decision of { input, offered }',
    )
    .option(
      '--execute',
      'execute the tools, with all their effects, and ask deciders that cost something; without, ' +
        'the clauses that need it are not run',
    )
    .action(run)
}

type Counts = Record<ClauseReport['kind'], number>

async function run(module: string, options: TestOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const execute = options.execute === true
  const release = holdProcess()
  try {
    const parts = await loadContracts(module, {
      options: parseAssignments(options.set),
      only: options.only,
      execute,
      examples: await readExamples(options.examples),
    })
    const counts: Counts = { ok: 0, failed: 0, notApplicable: 0, notRun: 0 }
    const reports = []
    for (const part of parts) reports.push(await test(part, counts, output))
    const { ok, failed, notApplicable, notRun } = counts
    output.line(
      `${ok} ok, ${failed} failed, ${notRun} not run, ${notApplicable} not applicable, of ${parts.length} tool(s) and decision(s)`,
    )
    if (!execute && notRun > 0) output.line('Tools are executed with --execute only.')
    output.result({ module, execute, parts: reports, summary: counts })
    if (failed === 0) return
    // The report stays the last line of standard output.
    output.progress(`ashlar: ${failed} clause(s) are broken`)
    process.exitCode = exitCodes.failed
  } finally {
    release()
  }
}

async function test(
  { kind, name, clauses }: ContractPart,
  counts: Counts,
  output: Output,
): Promise<{ kind: string; name: string; clauses: ClauseReport[] }> {
  const reports: ClauseReport[] = []
  output.line(`${kind} ${name}`)
  for (const { id, says, run: runClause } of clauses) {
    const outcome = await runClause()
    counts[outcome.kind]++
    reports.push({ id, says, ...outcome })
    const reason = 'reason' in outcome ? `: ${outcome.reason}` : ''
    output.line(`  ${words[outcome.kind]}  ${says}${reason}`)
  }
  output.line()
  return { kind, name, clauses: reports }
}

const words: Readonly<Record<ClauseReport['kind'], string>> = {
  ok: 'ok     ',
  failed: 'FAILED ',
  notApplicable: 'n/a    ',
  notRun: 'not run',
}

const examplesSchema = z.record(z.string(), z.array(z.unknown()))

async function readExamples(file: string | undefined): Promise<Record<string, unknown[]>> {
  if (file === undefined) return {}
  const field = '--examples'
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (thrown) {
    const todo = `correct the path: ${toErrorValue(thrown).message}`
    throw new InputError({ field, expected: 'a file that can be read', got: file, todo })
  }
  const parsed = examplesSchema.safeParse(readText(text))
  if (parsed.success) return parsed.data
  const todo = `correct ${file}: ${firstIssue(parsed.error)}`
  throw new InputError({ field, expected: 'a JSON object of lists, by name', todo })
}
