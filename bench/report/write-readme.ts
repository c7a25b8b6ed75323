import { readFile, writeFile } from 'node:fs/promises'

const readme = new URL('../README.md', import.meta.url)

/**
 * Replaces a section of `bench/README.md`, all that stands between its two markers.
 * @throws Error when the markers are gone
 */
export async function writeSection(name: 'results' | 'peers', markdown: string): Promise<void> {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const text = await readFile(readme, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`bench/README.md has no ${begin} … ${end}`)
  const section = `${begin}\n\n${markdown.trim()}\n\n`
  await writeFile(readme, text.slice(0, from) + section + text.slice(to))
}
