import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import { projectRoot } from './cli-fixture.ts'

test.each(['agents', 'tools'])(
  'a process (%s) whose supervisor and whose broker are gone ends by itself',
  async (name) => {
    const fixture = await temporaryBroker()
    const module = `test/runtime/fixtures/${name}.ts`
    const child = spawn(
      process.execPath,
      ['--conditions=@ashlar/source', 'bin/ashlar.js', 'run', module],
      {
        cwd: projectRoot,
        env: { ...process.env, NATS_URL: fixture.broker.url, ASHLAR_LOG: 'fatal' },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    )
    const exited = once(child, 'exit')
    expect(await once(child, 'message')).toMatchObject([{ kind: 'ready' }, undefined])
    await fixture.remove()
    child.disconnect()
    await exited
  },
  60_000,
)
