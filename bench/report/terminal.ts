import type { Bar, Block } from './block.ts'
import { show } from './block.ts'

const widestBar = 40
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A block as text with aligned columns and bars. */
export function toTerminal(block: Block): string {
  switch (block.kind) {
    case 'note':
      return `${block.text}\n`
    case 'table':
      return `${block.title}\n${alignedTable([block.head, ...block.rows])}`
    case 'bars':
      return `${block.title} (${block.unit})\n${bars(block.bars)}`
  }
}

function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return isNumeric(rows, column) ? cell.padStart(width) : cell.padEnd(width)
    })
    return `  ${cells.join('  ').trimEnd()}\n`
  }
  const rule = line(widths.map((width) => '─'.repeat(width)))
  return line(rows[0]!) + rule + rows.slice(1).map(line).join('')
}

/** Whether a column holds numbers, which align right. */
export function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.slice(1).every((row) => /^[\d–-]/.test(row[column] ?? ''))
}

function bars(all: readonly Bar[]): string {
  const most = Math.max(...all.map(({ value }) => value), Number.MIN_VALUE)
  const labels = Math.max(...all.map(({ label }) => label.length))
  return all
    .map(({ label, value }) => {
      const parts = Math.round((Math.max(0, value) / most) * widestBar * 8)
      const drawn = '█'.repeat(parts >> 3) + eighths[parts % 8]
      return `  ${label.padEnd(labels)}  ${drawn} ${show(value)}\n`
    })
    .join('')
}
