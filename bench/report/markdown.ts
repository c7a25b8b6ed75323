import type { Machine } from '../measure/machine.ts'
import type { Bar, Block } from './block.ts'
import { showBytes } from './block.ts'
import { isNumeric } from './terminal.ts'

/** A block as Markdown: tables, and bar charts that Mermaid draws. */
export function toMarkdown(block: Block): string {
  switch (block.kind) {
    case 'note':
      return `${block.text}\n`
    case 'table':
      return `${block.title}:\n\n${table(block.head, block.rows)}`
    case 'bars':
      return chart(block.title, block.unit, block.bars)
  }
}

/** What the results were measured on, as a list. */
export function machineLines(machine: Machine, revision: string): string {
  return [
    `- Measured ${machine.measuredAt}, revision \`${revision.slice(0, 12)}\``,
    `- ${machine.cores} cores, ${machine.cpu}, ${showBytes(machine.memoryBytes)} of memory`,
    `- ${machine.kernel}, Node ${machine.node}, nats-server ${machine.natsServer}`,
    '',
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)))
  const right = head.map((_, column) => isNumeric(all, column))
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, column) =>
      right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    )
    return `| ${cells.join(' | ')} |\n`
  }
  const rule = widths.map((width, column) =>
    right[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  return line(head) + line(rule) + rows.map(line).join('')
}

function chart(title: string, unit: string, bars: readonly Bar[]): string {
  const labels = bars.map(({ label }) => JSON.stringify(label)).join(', ')
  const values = bars.map(({ value }) => value.toFixed(value < 10 ? 2 : 0)).join(', ')
  return [
    '```mermaid',
    'xychart-beta',
    `  title ${JSON.stringify(title)}`,
    `  x-axis [${labels}]`,
    `  y-axis ${JSON.stringify(unit)} 0 --> ${Math.ceil(Math.max(...bars.map((bar) => bar.value)) * 1.1)}`,
    `  bar [${values}]`,
    '```',
    '',
  ].join('\n')
}
