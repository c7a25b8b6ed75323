import type { Completion } from '../actors/performer.ts'
import { AshlarError } from '../contracts/error.ts'
import type { Reconciled } from '../contracts/tool.ts'
import type { Clause } from './clause.ts'
import { clause, expectThat, untested } from './clause.ts'
import { perform, rest, settle } from './contract-bench.ts'
import type { ToolUnderTest } from './tool-under-test.ts'
import {
  endOf,
  failureOf,
  inputsOf,
  isSameJson,
  outputOf,
  serveStandIn,
} from './tool-under-test.ts'

const never = new Promise<never>(() => undefined)
const cause = 'the contract test threw this'

/** How a call ends when something goes wrong: the tool's terms, with a stand-in for its code. */
export function faultClauses(under: ToolUnderTest): Clause[] {
  return [
    under.tool.effect === 'once' ? notRepeated(under) : retried(under),
    terminal(under),
    timedOut(under),
    cancelled(under),
    interrupted(under),
  ]
}

function retried(under: ToolUnderTest): Clause {
  const { tool, openBench } = under
  const { attempts, firstDelayMs, maxDelayMs } = tool.retry
  const says =
    attempts === 1
      ? 'a throw fails the call; it is not tried again'
      : `a throw is tried again, ${attempts} times in all, after waits within its policy`
  return clause('retry', says, async () => {
    const bench = openBench()
    const begunMs: number[] = []
    const performer = serveStandIn(bench, tool, {
      execute() {
        begunMs.push(bench.clock.now())
        throw new Error(cause)
      },
    })
    const ended = await settle(bench, perform(performer, { input: inputsOf(under)[0] }))
    const failure = failureOf(ended)
    expectThat(failure?.kind === 'failed', () => `it ended as ${endOf(ended)}`)
    const told = Number(failure.attempts)
    expectThat(begunMs.length === attempts, `it was executed ${begunMs.length} times`)
    expectThat(told === attempts, `the failure speaks of ${told} attempts`)
    expectThat(failure.cause?.message === cause, 'the failure does not say what was thrown')
    for (const [index, atMs] of begunMs.slice(1).entries()) {
      const waitedMs = atMs - begunMs[index]!
      const mostMs = Math.min(maxDelayMs, firstDelayMs * 2 ** index)
      expectThat(waitedMs <= mostMs, `wait ${index + 1} was ${waitedMs} ms, over ${mostMs} ms`)
    }
  })
}

function notRepeated(under: ToolUnderTest): Clause {
  const { tool, openBench } = under
  return clause(
    'retry',
    'a throw is not repeated blindly: it is reconciled, else in doubt',
    async () => {
      const bench = openBench()
      let executions = 0
      let questions = 0
      const performer = serveStandIn(bench, tool, {
        execute() {
          executions++
          throw new Error(cause)
        },
        ...(tool.reconcile ? { reconcile: () => (questions++, { kind: 'unknown' }) } : {}),
      })
      const ended = await settle(bench, perform(performer, { input: inputsOf(under)[0] }))
      expectThat(failureOf(ended)?.kind === 'inDoubt', () => `it ended as ${endOf(ended)}`)
      expectThat(executions === 1, `it was executed ${executions} times`)
      expectThat(questions === (tool.reconcile ? 1 : 0), `reconcile was asked ${questions} times`)
    },
  )
}

function terminal(under: ToolUnderTest): Clause {
  const { tool, openBench } = under
  const isOnce = tool.effect === 'once'
  const says = isOnce
    ? 'a terminal error says that nothing happened: it is not tried again, and told again as it is'
    : 'a terminal error is not tried again'
  return clause('terminal', says, async () => {
    const bench = openBench()
    let executions = 0
    const serve = (): Promise<Completion> => {
      const performer = serveStandIn(bench, tool, {
        execute() {
          executions++
          throw new AshlarError('contract-test', cause)
        },
      })
      return settle(bench, perform(performer, { input: inputsOf(under)[0] }))
    }
    const ended = await serve()
    expectThat(failureOf(ended)?.kind === 'failed', () => `it ended as ${endOf(ended)}`)
    expectThat(executions === 1, `it was executed ${executions} times`)
    if (!isOnce) return
    const again = await serve()
    expectThat(executions === 1, 'a second delivery executed it again')
    expectThat(isSameJson(again, ended), () => `a second delivery ended as ${endOf(again)}`)
  })
}

function timedOut(under: ToolUnderTest): Clause {
  const { tool, openBench } = under
  const { timeoutMs, effect, retry } = tool
  const says = `an execution that never ends is given up after ${timeoutMs} ms, its signal aborted`
  return clause('timeout', says, async () => {
    const bench = openBench()
    const lastedMs: number[] = []
    let executions = 0
    const performer = serveStandIn(bench, tool, {
      execute(_, { signal }) {
        executions++
        const begunMs = bench.clock.now()
        signal.addEventListener('abort', () => lastedMs.push(bench.clock.now() - begunMs))
        return never
      },
    })
    const ended = await settle(bench, perform(performer, { input: inputsOf(under)[0] }))
    const kind = failureOf(ended)?.kind
    expectThat(
      kind === (effect === 'once' ? 'inDoubt' : 'failed'),
      () => `ended as ${endOf(ended)}`,
    )
    const expected = effect === 'once' ? 1 : retry.attempts
    expectThat(executions === expected, `it was executed ${executions} times, not ${expected}`)
    expectThat(lastedMs.length === executions, `${lastedMs.length} of ${executions} were aborted`)
    const wrong = lastedMs.find((ms) => ms !== timeoutMs)
    expectThat(wrong === undefined, `one was given up after ${wrong} ms`)
  })
}

function cancelled(under: ToolUnderTest): Clause {
  const says = 'when the caller leaves, the signal is aborted and the call ends'
  return clause('cancel', says, async () => {
    const { tool, openBench } = under
    const bench = openBench()
    let seen: AbortSignal | undefined
    const performer = serveStandIn(bench, tool, {
      execute(_, { signal }) {
        seen = signal
        return never
      },
    })
    const abort = new AbortController()
    const running = perform(performer, { input: inputsOf(under)[0], signal: abort.signal })
    await rest()
    expectThat(seen !== undefined, 'it was not executed')
    const atMs = bench.clock.now()
    abort.abort()
    const ended = await settle(bench, running)
    expectThat(seen.aborted, 'its signal was not aborted')
    expectThat('error' in ended, () => `it ended as ${endOf(ended)}`)
    expectThat(bench.clock.now() === atMs, 'it ended later than the caller left')
  })
}

/** A process dies between the intent and the outcome; another one gets the call. */
function interrupted(under: ToolUnderTest): Clause {
  const { tool, openBench } = under
  const id = 'interrupted'
  const how = tool.reconcile ? 'reconciled before anything else' : 'in doubt'
  const says = `a call that was cut off by a crash is ${how}, and not executed again`
  if (tool.effect !== 'once') {
    return untested(id, says, 'notApplicable', `a call of effect \`${tool.effect}\` is repeated`)
  }
  return clause(id, says, async () => {
    const [input] = inputsOf(under)
    const crashed = async (answer?: Reconciled<unknown>): Promise<[Completion, number]> => {
      const bench = openBench()
      void perform(serveStandIn(bench, tool, { execute: () => never }), { input })
      await rest()
      let executions = 0
      const next = serveStandIn(bench, tool, {
        execute: () => (executions++, outputOf(under)),
        ...(answer ? { reconcile: () => answer } : {}),
      })
      return [await settle(bench, perform(next, { input })), executions]
    }
    const expectDoubt = ([ended, executions]: [Completion, number]): void => {
      expectThat(executions === 0, 'it was executed a second time')
      expectThat(failureOf(ended)?.kind === 'inDoubt', () => `it ended as ${endOf(ended)}`)
    }
    if (!tool.reconcile) return expectDoubt(await crashed())
    expectDoubt(await crashed({ kind: 'unknown' }))
    const output = outputOf(under)
    if (output === undefined) return
    const [ended, executions] = await crashed({ kind: 'happened', output })
    expectThat(executions === 0, 'it was executed although reconcile says that it happened')
    expectThat('output' in ended, () => `it happened, and the call ended as ${endOf(ended)}`)
  })
}
