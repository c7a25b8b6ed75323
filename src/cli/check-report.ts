import type { AgentDefinition } from '../actors/definition.ts'
import type { ProblemGroup, VersionReport } from '../proof/strand-report.ts'
import type { Output } from './output.ts'

/** A machine that registers, as `--json` prints it. */
export interface CheckedMachine {
  id: string
  version: string
  hash: string
  /** State nodes, the machine itself left out. */
  states: number
  /** What its invokes and spawns may name. */
  sources: { src: string; kind: string; name: string }[]
}

export function describeMachine({
  id,
  version,
  hash,
  machine,
  sources,
}: AgentDefinition): CheckedMachine {
  const listed = [...sources].map(([src, source]) => {
    if (source.kind === 'promise') return { src, kind: source.kind, name: src }
    const name = source.kind === 'agent' ? source.machine.id : source.contract.name
    return { src, kind: source.kind, name }
  })
  return { id, version, hash, states: countStates(machine.root), sources: listed }
}

export function printMachines(machines: readonly CheckedMachine[], output: Output): void {
  for (const { id, version, hash, states, sources } of machines) {
    output.line(`${id}@${version} (${hash})  registers: ${states} state(s)`)
    for (const { src, kind, name } of sources) {
      output.line(`  ${kind.padEnd(8)}  ${src}${src === name ? '' : ` (${name})`}`)
    }
  }
  if (machines.length === 0) output.line('the module serves no agents')
}

export function printReport(
  what: { noun: string; of: string },
  { summary, groups, more, notes }: VersionReport & { notes: readonly string[] },
  output: Output,
): void {
  const { instances, ended, same, fine, warned, stranded } = summary
  output.line(`${instances} ${what.noun} of ${what.of}`)
  for (const [count, says] of [
    [stranded, 'would be stranded'],
    [warned, 'could go on, with something lost or changed'],
    [fine, 'could go on as they are'],
    [same, 'are of this very version'],
    [ended, 'have ended'],
  ] as const) {
    output.line(`  ${String(count).padStart(8)}  ${says}`)
  }
  const width = Math.max(0, ...groups.map(({ count }) => String(count).length))
  for (const group of groups) printGroup(group, width, output)
  if (more > 0) output.line(`and ${more} finding(s) more that are not listed`)
  for (const note of notes) output.line(`note: ${note}`)
  output.line()
  output.line(`next: ${nextStep(summary, groups)}`)
}

function printGroup(group: ProblemGroup, width: number, output: Output): void {
  const { machine, from, state, kind, strands, message, count, examples } = group
  const mark = strands ? 'STRANDED' : 'warning '
  const place = state === null ? '' : ` in ${state}`
  const indent = ' '.repeat(mark.length + width + 4)
  output.line()
  output.line(
    `${mark}  ${String(count).padStart(width)}  ${machine}@${from.version} (${from.hash})${place}: ${kind}`,
  )
  output.line(`${indent}${message}`)
  if (examples.length === 0) return
  output.line(`${indent}such as ${examples.join(', ')}${count > examples.length ? ', …' : ''}`)
}

function nextStep({ stranded }: VersionReport['summary'], groups: readonly ProblemGroup[]): string {
  if (stranded > 0) {
    return (
      'change the chart as each of the messages says, or let those that would be stranded end ' +
      'under the old version before the new one is deployed'
    )
  }
  if (groups.some(({ kind }) => kind === 'raise-version')) {
    return 'raise the version of the machines whose charts differ under the same one'
  }
  if (groups.some(({ kind }) => kind === 'other-version')) {
    return 'nobody is stranded; those of another version pause where hosts of the new one own them'
  }
  return 'nothing to do'
}

function countStates({ states }: AgentDefinition['machine']['root']): number {
  return Object.values(states).reduce((sum, one) => sum + 1 + countStates(one), 0)
}
