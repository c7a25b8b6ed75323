import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { AgentDefinition } from '../../actors/definition.ts'
import { holdProcess } from '../../bus/process-hold.ts'
import { systemClock } from '../../contracts/clock.ts'
import { InputError } from '../../contracts/error.ts'
import { reachableStates } from '../../proof/reachable.ts'
import type { Instance, VersionReport, VersionSummary } from '../../proof/strand-report.ts'
import { checkVersions } from '../../proof/strand-report.ts'
import { describeMachine, printMachines, printReport } from '../check-report.ts'
import { parseJson } from '../json-argument.ts'
import { loadAgents } from '../load-agents.ts'
import type { Output } from '../output.ts'
import { createOutput, exitCodes } from '../output.ts'
import { parseAssignments } from '../settings.ts'
import { storedInstances } from '../stored-instances.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command, whole } from './shared-options.ts'

interface CheckOptions extends SharedOptions {
  against?: string
  set: string[]
  examples: number
  input: string[]
  states: number
}

/** `ashlar check <module>`: whether machines register, and whom a new version would strand. */
export function checkCommand(): Command {
  return command('check', 'check the machines of a module, and whom its versions would strand')
    .argument('<module>', 'path of a module that exports a service')
    .option(
      '--against <what>',
      '`cell`: every agent that the cell has stored; or the path of the old module: every state ' +
        'that its machines can reach',
    )
    .option('--examples <number>', 'agents that are named per problem', whole('--examples'), 3)
    .option(
      '--input <machine=json>',
      'start input of an old machine, where its schema does not say it; may be repeated',
      collect,
      [],
    )
    .option('--states <number>', 'states per machine of an old module', whole('--states'), 3_000)
    .option('--set <name=value>', 'option for the modules; may be repeated', collect, [])
    .action(run)
}

async function run(module: string, options: CheckOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const release = holdProcess()
  try {
    const loaded = await loadAgents(module, parseAssignments(options.set))
    if ('broken' in loaded) {
      const { message, problems } = loaded.broken
      output.line(message)
      output.result({ module, machines: [], broken: { message, problems } })
      process.exitCode = exitCodes.failed
      return
    }
    const { agents } = loaded
    const machines = agents.map(describeMachine)
    printMachines(machines, output)
    const { against } = options
    if (against === undefined) return output.result({ module, machines })
    const target = targetOf(against)
    const checked = await checkAgainst(against, agents, options, output)
    output.line()
    printReport(target, checked, output)
    output.result({ module, machines, against, ...checked })
    const { stranded } = checked.summary
    if (stranded === 0) return
    output.progress(`ashlar: ${stranded} ${target.noun} would be stranded`)
    process.exitCode = exitCodes.failed
  } finally {
    release()
  }
}

/** What was found, and why it may not be all. */
type Checked = VersionReport & { readonly notes: readonly string[] }

function targetOf(against: string): { noun: string; of: string } {
  return against === 'cell'
    ? { noun: 'agent(s)', of: 'the cell' }
    : { noun: 'state(s)', of: against }
}

async function checkAgainst(
  against: string,
  next: readonly AgentDefinition[],
  options: CheckOptions,
  output: Output,
): Promise<Checked> {
  const onChecked = progressOf(against, output)
  const { examples } = options
  if (against !== 'cell') {
    const before = await oldAgents(against, options)
    const notes: string[] = []
    const inputs = parseInputs(options.input, before)
    const states = before.flatMap((one): readonly Instance[] => {
      const own = inputs.flatMap(({ machine, input }) => (machine === one.id ? [input] : []))
      const given = own.length > 0 ? { inputs: own } : {}
      const reached = reachableStates(one, { statesMax: options.states, ...given })
      notes.push(...reached.notes.map((note) => `${one.id}: ${note}`))
      return reached.states
    })
    return { ...(await checkVersions(states, { next, before, examples, onChecked })), notes }
  }
  let checked: Checked | undefined
  await withCell(options, output, async ({ bus }) => {
    const unreadable: string[] = []
    let count = 0
    const machines = next.map(({ id }) => id)
    const stored = storedInstances(bus.journal, machines, (agent, reason) => {
      if (count++ < examples) unreadable.push(`${agent}: ${reason}`)
    })
    const report = await checkVersions(stored, { next, examples, onChecked })
    const notes = count > 0 ? [`${count} agent(s) cannot be read: ${unreadable.join('; ')}`] : []
    checked = { ...report, notes }
  })
  return checked!
}

/** @throws InputError */
async function oldAgents(
  module: string,
  { set }: CheckOptions,
): Promise<readonly AgentDefinition[]> {
  const loaded = await loadAgents(module, parseAssignments(set))
  if ('agents' in loaded) return loaded.agents
  throw new InputError({
    field: '--against',
    expected: '`cell` or a module whose machines register',
    got: resolve(module),
    todo: `correct it: ${loaded.broken.message}`,
  })
}

/** @throws InputError */
function parseInputs(
  pairs: readonly string[],
  agents: readonly AgentDefinition[],
): { machine: string; input: unknown }[] {
  return pairs.map((pair) => {
    const machine = pair.split('=', 1)[0]!
    const ids = agents.map(({ id }) => id)
    if (ids.includes(machine) && pair.length > machine.length) {
      return { machine, input: parseJson('--input', pair.slice(machine.length + 1)) }
    }
    const expected = `machine=json, the machine one of: ${ids.join(', ') || 'none'}`
    const todo = 'write it as, for example, --input \'refund={"cents":500}\''
    throw new InputError({ field: '--input', expected, got: pair, todo })
  })
}

const tellEveryMs = 1_000

/** Says how far it is, from the first second on. */
function progressOf(against: string, output: Output): (summary: VersionSummary) => void {
  const clock = systemClock()
  let toldMs = clock.now()
  return ({ instances, stranded }) => {
    if (clock.now() - toldMs < tellEveryMs) return
    toldMs = clock.now()
    output.progress(`checked ${instances} ${targetOf(against).noun}, ${stranded} stranded so far`)
  }
}
