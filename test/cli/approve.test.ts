import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeEffect, describeRequest, visible } from '../../src/cli/approval-text.ts'
import { askYes } from '../../src/cli/ask-yes.ts'
import { hashJson } from '../../src/contracts/json.ts'
import { openRequest } from '../../src/machines/approval-rules.ts'
import type { Finished, Place, Running } from './cli-fixture.ts'
import { openPlace, projectRoot } from './cli-fixture.ts'

const effect = {
  name: 'pay_out',
  arguments: { order: 'A1', cents: 50_000, to: { iban: 'DE02', names: ['Nora', 'Vale'] } },
}
const hash = hashJson(effect)
/** Of util-linux: runs a command at a terminal of its own. */
const pseudoTerminal = 'script'

describe('ashlar approve and ashlar approvals', () => {
  let place: Place
  let serving: Running
  beforeAll(async () => {
    place = await openPlace()
    serving = place.ashlar('run', join(projectRoot, 'test/cli/fixtures/treasury.ts'))
    await serving.printed(/serving treasury/)
  })
  afterAll(async () => {
    serving.child.kill('SIGINT')
    await serving.finished()
    await place.dispose()
  })

  const run = (...args: string[]): Promise<Finished> => place.ashlar(...args).finished()
  const approve = (id: string, ...args: string[]): Promise<Finished> =>
    run('approve', `pay-approval/${id}`, ...args)

  async function ask(id: string, input: object = {}, machine = 'pay-approval'): Promise<void> {
    const request = { effect, summary: 'Pay 500.00 back', requestedBy: 'refund agent', ...input }
    const { code } = await run('start', machine, '--id', id, '--input', JSON.stringify(request))
    expect(code).toBe(0)
  }

  test('approvals lists what is pending, of every definition, what expires first on top', async () => {
    await ask('listed')
    await ask('t1', { summary: 'Sell it all', requestedBy: undefined }, 'trade')
    await run('start', 'clerk', '--id', 'c')
    const { stdout, code } = await run('approvals')
    expect(code).toBe(0)
    expect(stdout).toContain(`pay-approval/listed  pending  Pay 500.00 back
    asked by refund agent; 0 of 1 approval(s); may approve: ann, bob
    expires `)
    expect(stdout).toMatch(/T[\d:.]+Z \(in 1 d 23 h\); hash [0-9a-f]{12}\n/)
    expect(stdout).toContain('asked by nobody named; 0 of 1 approval(s); may approve: anyone')
    expect(stdout).not.toContain('clerk')
    const json = await run('approvals', '--json')
    const { approvals } = json.json() as { approvals: { address: string }[] }
    expect(approvals.map(({ address }) => address)).toEqual(['trade/t1', 'pay-approval/listed'])
    expect(approvals[1]).toMatchObject({ hash, effect, mayApprove: ['ann', 'bob'], missing: 1 })
    const typed = await run('approvals', '--type', 'trade', '--json')
    expect(typed.json().approvals).toHaveLength(1)
    const own = await run('approvals', '--as', 'Dora', '--json')
    expect(own.json().approvals).toMatchObject([{ address: 'trade/t1', mayApprove: null }])
  })

  test('what is approved is shown, to the last argument, and is taken', async () => {
    await ask('shown')
    const { stdout, code } = await approve('shown', '--as', 'ann', '--note', 'checked', '--yes')
    expect(stdout).toContain(`effect:
  name                   "pay_out"
  arguments.order        "A1"
  arguments.cents        50000
  arguments.to.iban      "DE02"
  arguments.to.names[0]  "Nora"
  arguments.to.names[1]  "Vale"
  (hash ${hash})
`)
    expect(stdout).toContain('taken: approved\n')
    expect(code).toBe(0)
    const full = await run('approvals', 'pay-approval/shown')
    expect(full.stdout).toMatch(
      /record:\n {2}\S+Z {2}asked by refund agent\n {2}\S+Z {2}approved by/,
    )
    expect(full.stdout).toContain('approved by ann (“checked”)')
    const { audit, state } = (await run('approvals', 'pay-approval/shown', '--json')).json() as {
      audit: { what: string; atMs: number }[]
      state: string
    }
    expect(state).toBe('approved')
    expect(audit).toMatchObject([{ what: 'asked' }, { what: 'approved', by: 'ann' }])
    expect(audit[1]!.atMs).toBeGreaterThan(audit[0]!.atMs)
    expect((await run('approvals', '--json')).stdout).not.toContain('pay-approval/shown')
    expect((await run('approvals', '--all', '--json')).stdout).toContain('pay-approval/shown')
  })

  test('several people: what is missing is said, and a refusal with its reason', async () => {
    await ask('two', { required: 2 })
    const first = await approve('two', '--as', 'ann', '--yes')
    expect(first.stdout).toContain('taken: 1 approval(s) missing, of: bob')
    const again = await approve('two', '--as', 'ann', '--yes', '--json')
    expect(again.json()).toMatchObject({ taken: false, reason: 'ann has approved already' })
    expect(again.code).toBe(1)
    const stranger = await approve('two', '--yes')
    const { username } = userInfo()
    expect(stranger.stdout).toContain(`not taken: ${username} is not an approver`)
    expect(stranger.code).toBe(1)
    const passed = await approve('two', '--as', 'bob', '--delegate', 'dora', '--yes')
    expect(passed.stdout).toContain('taken: dora may decide in place of bob')
    const last = await approve('two', '--as', 'dora', '--yes', '--json')
    expect(last.json()).toMatchObject({
      event: 'APPROVE',
      taken: true,
      state: 'approved',
      approvedBy: ['ann', 'dora'],
      missing: 0,
      hash,
      effect,
      refusals: 2,
    })
  })

  test('reject, withdraw, and a word that comes too late', async () => {
    await ask('no')
    const rejected = await approve('no', '--as', 'bob', '--reject', '--yes')
    expect(rejected.stdout).toContain('taken: rejected')
    const late = await approve('no', '--as', 'ann', '--yes')
    expect(late.stderr).toContain('pay-approval/no is over: rejected')
    expect(late.code).toBe(1)
    await ask('back')
    const withdrawn = await approve('back', '--as', 'refund agent', '--withdraw', '--yes')
    expect(withdrawn.stdout).toContain('taken: withdrawn')
  })

  test('two at once: one is taken, the other is told that it is over', async () => {
    await ask('race')
    const words = [approve('race', '--as', 'ann', '--yes'), approve('race', '--as', 'bob', '--yes')]
    const ends = await Promise.all(words)
    expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([0, 1]))
    const loser = ends.find(({ code }) => code === 1)!
    expect(loser.stderr).toContain('pay-approval/race is over: approved')
  })

  test('--hash approves only the effect that was looked at', async () => {
    await ask('pinned')
    const other = await approve('pinned', '--as', 'ann', '--yes', '--hash', hashJson({}))
    expect(other.stderr).toContain(`--hash: expected the hash of the effect, ${hash}`)
    expect(other.code).toBe(2)
    const short = await approve('pinned', '--as', 'ann', '--yes', '--hash', hash.slice(0, 4))
    expect(short.code).toBe(2)
    const own = await approve('pinned', '--as', 'ann', '--yes', '--hash', hash.slice(0, 12))
    expect(own.code).toBe(0)
  })

  describe('gives one clear message', () => {
    beforeAll(async () => {
      await ask('asked')
      await run('start', 'clerk', '--id', 'asked')
    })

    test.each([
      ['without a terminal and --yes', ['pay-approval/asked'], 2, /--yes: expected it to be given/],
      ['with --json and without --yes', ['pay-approval/asked', '--json'], 2, /--yes/],
      ['for an agent that is no approval', ['clerk/asked'], 2, /expected an approval, got clerk/],
      ['for nobody', ['pay-approval/nobody', '--yes'], 4, /there is no agent pay-approval\/nobody/],
      ['for no address', ['nonsense', '--yes'], 2, /address: expected `type\/id`/],
      ['for two things', ['pay-approval/asked', '--reject', '--withdraw'], 2, /cannot be used/],
      ['with an empty name', ['pay-approval/asked', '--as', ' ', '--yes'], 2, /by/],
    ])('%s', async (_name, args, expected, message) => {
      const { code, stderr } = await run('approve', ...args)
      expect(stderr).toMatch(message)
      expect(code).toBe(expected)
    })

    test('and changes nothing', async () => {
      const { json } = await run('approvals', 'pay-approval/asked', '--json')
      expect(json()).toMatchObject({ state: 'pending', approvedBy: [], refusals: 0 })
    })
  })

  test.skipIf(!hasScript())('at a terminal it asks, and takes only a yes', async () => {
    await ask('typed')
    const node = `${process.execPath} --conditions=@ashlar/source bin/ashlar.js`
    const at = async (keys: string): Promise<Finished> => {
      const line = `${node} approve pay-approval/typed --as ann`
      const asking = place.program(pseudoTerminal, '-qefc', line, '/dev/null')
      await asking.printed(/Approve exactly this, as ann\? \[y\/N\]/)
      asking.child.stdin!.write(keys)
      return asking.finished()
    }
    const no = await at('\r')
    expect(no.stdout).toContain('nothing was sent')
    expect(no.code).toBe(1)
    const interrupted = await at('\u0003')
    expect(interrupted.code).toBe(130)
    const yes = await at('y\r')
    expect(yes.stdout).toContain('taken: approved')
    expect(yes.code).toBe(0)
  })
})

function hasScript(): boolean {
  try {
    return execFileSync(pseudoTerminal, ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
}

test.each([
  ['y\n', 'yes'],
  [' YES \n', 'yes'],
  ['yesterday\n', 'no'],
  ['\n', 'no'],
])('the answer %j is taken for %s', async (typed, expected) => {
  const input = new PassThrough()
  const output = new PassThrough()
  const answer = askYes('Sure?', { input, output })
  input.write(typed)
  expect(await answer).toBe(expected)
  expect(String(output.read())).toContain('Sure? [y/N] ')
})

test('the end of the input is no yes', async () => {
  const input = new PassThrough()
  const answer = askYes('Sure?', { input, output: new PassThrough() })
  input.end()
  expect(await answer).toBe('no')
})

test('a request names the agent that waits for it, and cannot paint another one', () => {
  const policy = { approvers: [], roles: {}, required: 2, requesterMayApprove: false }
  const asked = { effect, summary: 'harmless\u001B[1A', requestedBy: 'a\nb' }
  const request = {
    address: { type: 'pay-approval', id: 'p~approval~1' },
    status: 'active' as const,
    context: openRequest('pay-approval', { ...policy, delegationsMax: 0 }, asked),
    parent: { type: 'payer', id: 'p' },
    expiresAtMs: 90_000_000,
    step: 1,
    atMs: 0,
  }
  expect(describeRequest(request, 0)).toEqual([
    'pay-approval/p~approval~1  pending  harmless\\u{1b}[1A',
    '    asked by a\\u{a}b for payer/p; 0 of 2 approval(s); may approve: anyone',
    `    expires 1970-01-02T01:00:00.000Z (in 1 d 1 h); hash ${hash.slice(0, 12)}`,
  ])
})

test('what a terminal would act on, or hide, is spelled out', () => {
  expect(visible('a\u001B[2Jb\r\nc\u202Ed\u200Be')).toBe(
    'a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{202e}d\\u{200b}e',
  )
  const odd = { 'a.b': 'x\u009B1m\n', list: [], none: null, 'two words': { deep: false } }
  expect(describeEffect(odd)).toEqual([
    '["a.b"]             "x\\u{9b}1m\\n"',
    'list                []',
    'none                null',
    '["two words"].deep  false',
  ])
  expect(describeEffect('all of it')).toEqual(['value  "all of it"'])
})
