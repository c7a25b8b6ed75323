import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8')
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
}).split('\n')
const sources = listed.filter((file) => file.startsWith('src/') && file.endsWith('.ts'))

describe('the documents stay true', () => {
  test('the source map of ARCHITECTURE.md names every file under src, and no other', () => {
    const map = read('docs/ARCHITECTURE.md').split('## Source map')[1]!
    const mapped = [...map.matchAll(/^\| `(src\/[^`]+)`\s+\| \S/gm)].map(([, file]) => file)
    expect(new Set(mapped)).toEqual(new Set(sources))
    expect(mapped).toHaveLength(sources.length)
  })

  test('every dependency has its reason', () => {
    const manifest = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>
      devDependencies: Record<string, string>
    }
    const chapter = read('docs/ARCHITECTURE.md').split('## Dependencies')[1]!.split('\n## ')[0]!
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (name.startsWith('@types/')) continue
      const short = name.replace('@nats-io/', '')
      expect(chapter.includes(`\`${name}\``) || chapter.includes(`\`${short}\``), name).toBe(true)
    }
    for (const [name, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      expect(version, `${name} is pinned`).toMatch(/^\d/)
    }
  })

  test('the README names the two commands of a fresh machine and every command of the CLI', () => {
    const readme = read('README.md')
    expect(readme).toContain('npm install && npm start')
    expect(readme).toContain('npm install && npm test')
    for (const file of sources.filter((one) => one.startsWith('src/cli/commands/'))) {
      const name = basename(file, '.ts')
      if (name !== 'shared-options') expect(readme).toContain(`ashlar ${name}`)
    }
  })

  test('every setting that is read is documented', () => {
    const settings = read('src/cli/settings.ts')
    const names = new Set([...settings.matchAll(/env\.([A-Z_]+)/g)].map(([, name]) => name!))
    expect(names.size).toBeGreaterThan(5)
    for (const name of names) expect(read('README.md')).toContain(name)
  })

  test('the glossary has one row per term', () => {
    const rows = [...read('docs/CONTEXT.md').matchAll(/^\| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)]
    const terms = rows.map(([, term]) => term!.trim()).slice(1)
    expect(terms.length).toBeGreaterThan(40)
    expect(new Set(terms).size).toBe(terms.length)
  })

  test('no file is named after nothing in particular', () => {
    const vague = /(^|\/)(utils?|common|helpers?|types|misc)\.[jt]s$/
    expect(listed.filter((file) => vague.test(file))).toEqual([])
  })
})
