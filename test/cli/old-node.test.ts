import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { projectRoot } from './cli-fixture.ts'

/** Runs an entry file as a Node of another version would: only `process.versions` is different. */
function runAs(version: string, file: string): { status: number | null; stderr: string } {
  const source = readFileSync(`${projectRoot}${file}`, 'utf8')
  const pretend =
    `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });` +
    `Object.defineProperty(process, 'version', { value: 'v${version}' });`
  const script = source.replace(/^#!.*/, '')
  return spawnSync(process.execPath, ['--input-type=module', '--eval', pretend + script], {
    encoding: 'utf8',
    cwd: projectRoot,
  })
}

test.each([
  ['bin/ashlar.js', '20.20.2'],
  ['bin/ashlar.js', '22.3.0'],
  ['examples/airline-desk/start.js', '20.20.2'],
])('%s under Node %s gives one clear message and exit code 2', (file, version) => {
  const { status, stderr } = runAs(version, file)
  expect(stderr).toContain(`Node.js 22.18 or newer is needed, this is v${version}`)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(status).toBe(2)
})
