import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import * as z from 'zod'
import { firstIssue } from '../../contracts/envelope.ts'
import { InputError, toErrorValue } from '../../contracts/error.ts'
import { readText } from '../../contracts/json.ts'
import { holdProcess } from '../../bus/process-hold.ts'
import type { Coverage } from '../../proof/path-coverage.ts'
import { coverageText } from '../machine-tests.ts'
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
  cover?: string
}

/** `ashlar test <module>`: tests what the tools, decisions and machines of a service declare. */
export function testCommand(): Command {
  return command('test', 'test the tools, decisions and machines of a module')
    .argument('<module>', 'path of a module that exports a service')
    .option('--only <name>', 'this tool, decision or machine; may be repeated', collect, [])
    .option('--set <name=value>', 'option for the module; may be repeated', collect, [])
    .option(
      '--examples <file>',
      'JSON: per tool a list of inputs, per decision of { input, offered }, per machine ' +
        '{ events, outputs, inputs }: lists by event type and by source',
    )
    .option('--cover <percent>', 'transitions that the paths of every machine must go through')
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
      cover: readCover(options.cover),
    })
    const counts: Counts = { ok: 0, failed: 0, notApplicable: 0, notRun: 0 }
    const reports = []
    for (const part of parts) reports.push(await test(part, counts, output))
    const { ok, failed, notApplicable, notRun } = counts
    const machines = parts.filter(({ kind }) => kind === 'machine').length
    output.line(
      `${ok} ok, ${failed} failed, ${notRun} not run, ${notApplicable} not applicable, of ${parts.length - machines} tool(s) and decision(s), ${machines} machine(s)`,
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

interface PartReport {
  kind: string
  name: string
  clauses: ClauseReport[]
  coverage?: Coverage
  notes?: readonly string[]
}

async function test(part: ContractPart, counts: Counts, output: Output): Promise<PartReport> {
  const { kind, name, clauses, found } = part
  const reports: ClauseReport[] = []
  output.line(`${kind} ${name}`)
  for (const { id, says, run: runClause } of clauses) {
    const outcome = await runClause()
    counts[outcome.kind]++
    reports.push({ id, says, ...outcome })
    const reason = 'reason' in outcome ? `: ${outcome.reason}` : ''
    output.line(`  ${words[outcome.kind]}  ${says}${reason}`)
  }
  if (found) output.line(coverageText(found))
  output.line()
  const more = found ? { coverage: found.coverage, notes: found.notes } : {}
  return { kind, name, clauses: reports, ...more }
}

const words: Readonly<Record<ClauseReport['kind'], string>> = {
  ok: 'ok     ',
  failed: 'FAILED ',
  notApplicable: 'n/a    ',
  notRun: 'not run',
}

const lists = z.record(z.string(), z.array(z.unknown()))

const machineSchema = z.strictObject({
  events: lists.optional(),
  outputs: lists.optional(),
  inputs: z.array(z.unknown()).optional(),
})

const examplesSchema = z.record(z.string(), z.union([z.array(z.unknown()), machineSchema]))

type ExamplesFile = z.infer<typeof examplesSchema>

async function readExamples(file: string | undefined): Promise<ExamplesFile> {
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
  throw new InputError({
    field,
    expected: 'a JSON object of lists, or of examples of machines, by name',
    todo,
  })
}

/** @throws InputError */
function readCover(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const percent = Number(text)
  if (text.trim() !== '' && percent >= 0 && percent <= 100) return percent
  const expected = 'a percentage from 0 to 100'
  throw new InputError({ field: '--cover', expected, got: text, todo: 'correct it' })
}
