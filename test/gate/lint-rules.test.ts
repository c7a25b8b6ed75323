import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Files that break one rule each; the lint of the gate must refuse every one of them. */
const offences: [string, string, string][] = [
  ['src/contracts/bad-arrow.ts', "import '../bus/bus.ts'\n", 'no-restricted-imports'],
  ['src/contracts/bad-engine.ts', "import 'xstate'\n", 'no-restricted-imports'],
  ['src/machines/bad-arrow.ts', "import '../actors/step.ts'\n", 'no-restricted-imports'],
  ['src/bus/bad-client.ts', "import '@nats-io/jetstream'\n", 'no-restricted-imports'],
  ['src/bus/nats-bad.ts', "import '../actors/step.ts'\n", 'no-restricted-imports'],
  ['src/actors/bad-adapter.ts', "import '../bus/nats-bus.ts'\n", 'no-restricted-imports'],
  ['src/actors/bad-sibling.ts', "import '../tools/ledger.ts'\n", 'no-restricted-imports'],
  ['src/decision/bad-bus.ts', "import '../bus/journal.ts'\n", 'no-restricted-imports'],
  ['src/tools/bad-cli.ts', "import '../cli/main.ts'\n", 'no-restricted-imports'],
  ['src/memory/bad-engine.ts', "import 'xstate'\n", 'no-restricted-imports'],
  ['examples/bad-door.ts', "import '../src/actors/step.ts'\n", 'no-restricted-imports'],
  ['src/actors/bad-now.ts', 'export const t = Date.now()\n', 'no-restricted-properties'],
  ['src/actors/bad-dice.ts', 'export const r = Math.random()\n', 'no-restricted-properties'],
  ['src/actors/bad-timer.ts', 'setTimeout(() => undefined, 1)\n', 'no-restricted-globals'],
  ['src/actors/bad-env.ts', 'export const e = process.env\n', 'no-restricted-properties'],
  ['test/bad-sleep.test.ts', 'setTimeout(() => undefined, 1)\n', 'no-restricted-globals'],
  ['src/actors/bad-long.ts', '\n'.repeat(401), 'max-lines'],
]

describe('the lint rules bite', () => {
  let folder: string
  let found: { code: string; filename: string }[]
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ashlar-lint-'))
    cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const [file, text] of offences) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    const lint = spawnSync(
      join(root, 'node_modules/.bin/oxlint'),
      ['--format', 'json', 'src', 'test', 'examples'],
      { cwd: folder, encoding: 'utf8' },
    )
    found = (JSON.parse(lint.stdout) as { diagnostics: typeof found }).diagnostics
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(offences)('%s is refused', (file, _text, rule) => {
    const codes = found.filter(({ filename }) => filename === file).map(({ code }) => code)
    expect(
      codes.some((code) => code.includes(rule)),
      codes.join(),
    ).toBe(true)
  })
})
