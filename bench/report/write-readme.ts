import { readFile, writeFile } from 'node:fs/promises'

const readme = new URL('../README.md', import.meta.url)
const begin = '<!-- results:begin -->'
const end = '<!-- results:end -->'

/** Replaces the results in `bench/README.md`. @throws Error when its markers are gone */
export async function writeResults(markdown: string): Promise<void> {
  const text = await readFile(readme, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`bench/README.md has no ${begin} … ${end}`)
  const results = `${begin}\n\n${markdown.trim()}\n\n`
  await writeFile(readme, text.slice(0, from) + results + text.slice(to))
}
