import type { Completion, Performer } from '../actors/performer.ts'
import type { AnyTool, Reconciled, ToolScope } from '../contracts/tool.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { Clause } from './clause.ts'
import { cannotTest, clause, expectThat, shown } from './clause.ts'
import type { Bench } from './contract-bench.ts'
import { endsWithin, perform, rest, settle, UserCode } from './contract-bench.ts'
import type { StandIn, ToolUnderTest } from './tool-under-test.ts'
import { endOf, inputsOf, serveStandIn } from './tool-under-test.ts'

/** Of examples that were made, so many are executed. */
const madeMost = 12

/** A tool with its own code on an outside system that was made new. */
export class ToolAtWork {
  readonly bench: Bench
  readonly code = new UserCode()
  /** What its `execute` gave, before anything was checked. */
  readonly results: unknown[] = []
  /** What its `reconcile` gave. */
  readonly found: Reconciled<unknown>[] = []
  readonly tool: AnyTool
  private readonly under: ToolUnderTest
  private readonly clauseId: string
  private calls = 0

  constructor(under: ToolUnderTest, clauseId: string) {
    this.under = under
    this.clauseId = clauseId
    this.tool = under.tool
    this.bench = under.openBench()
  }

  get patienceMs(): number {
    return this.under.options.patienceMs ?? this.tool.timeoutMs
  }

  /** Of one call at a time. */
  readonly execute = async (input: unknown, scope: ToolScope): Promise<unknown> => {
    const run = this.code.watch(() => this.tool.execute(input, scope) as unknown)
    const result = await run()
    this.results.push(result)
    return result
  }

  readonly reconcile = async (input: unknown, scope: ToolScope): Promise<unknown> => {
    const run = this.code.watch(() => this.tool.reconcile!(input, scope))
    const found = await run()
    this.found.push(found)
    return found
  }

  /** A process of its own. */
  serve(over: { execute?: StandIn; attempts?: number } = {}): Performer {
    const { execute = this.execute, attempts = this.tool.retry.attempts } = over
    const { reconcile } = this.tool.reconcile ? this : {}
    const tool = { ...this.tool, retry: { ...this.tool.retry, attempts } }
    return serveStandIn(this.bench, tool, { execute, ...(reconcile ? { reconcile } : {}) })
  }

  settle(running: Promise<Completion>): Promise<Completion> {
    return settle(this.bench, running, { code: this.code, patienceMs: this.patienceMs })
  }

  call(performer: Performer, input: unknown, id: string): Promise<Completion> {
    return this.settle(perform(performer, { input, id }))
  }

  /** Of a call that no clause has made yet, in no run: the outside system may outlive them. */
  newId(): string {
    return `contract/${this.bench.run}-${this.clauseId}:${++this.calls}:0`
  }

  /** Undefined without a probe. */
  async effects(): Promise<number | undefined> {
    return this.under.options.outside?.effects?.()
  }

  /**
   * Tries the examples with one that says whether it ended well, else why not.
   * @throws NotRunError when none does
   */
  async eachThatWorks(body: (input: unknown) => Promise<string | undefined>): Promise<void> {
    const { examples } = this.under.options
    const inputs = examples?.length ? examples : inputsOf(this.under).slice(0, madeMost)
    let worked = 0
    let problem = ''
    for (const input of inputs) {
      const reason = await body(input)
      if (reason === undefined) worked++
      else problem = reason
    }
    if (worked > 0) return
    cannotTest(`no example ends well (${problem}); give some as \`examples\``)
  }
}

/** Arranges the outside system before the body and disposes of it afterwards. */
export function atWork(
  under: ToolUnderTest,
  id: string,
  says: string,
  body: (work: ToolAtWork) => Promise<void>,
): Clause {
  const { arrange, dispose } = under.options
  return clause(id, says, async () => {
    try {
      await arrange?.()
      await body(new ToolAtWork(under, id))
    } finally {
      await dispose?.()
    }
  })
}

export function answers(under: ToolUnderTest): Clause {
  const { tool, options } = under
  const isGiven = (options.examples?.length ?? 0) > 0
  const says = isGiven
    ? 'every example ends well, with a result of its schema'
    : 'what it answers to the examples is of its schema'
  return atWork(under, 'answers', says, async (work) => {
    await work.eachThatWorks(async (input) => {
      const before = work.results.length
      const ended = await work.call(work.serve(), input, work.newId())
      for (const result of work.results.slice(before)) {
        const parsed = tool.output.safeParse(result)
        expectThat(
          parsed.success,
          () => `${shown(input)}: ${shown(result)} breaks the schema: ${firstIssue(parsed.error!)}`,
        )
      }
      if ('output' in ended) return undefined
      // Of a result: it is there, and its call did not end well.
      const isBroken = isGiven || work.results.length > before
      expectThat(!isBroken, () => `${shown(input)}: ended as ${endOf(ended)}`)
      return endOf(ended)
    })
  })
}

/** A system that hangs shows whether the tool lets go; else only that it ends. */
export function letsGo(under: ToolUnderTest): Clause {
  const { outside } = under.options
  const says = outside?.hang
    ? 'its code lets go of a system that hangs when its signal is aborted'
    : 'its code ends when its signal is aborted (no `outside.hang`: it may have been done by then)'
  return atWork(under, 'lets-go', says, async (work) => {
    await outside?.hang?.()
    const abort = new AbortController()
    const [input] = inputsOf(under)
    const { bench, code } = work
    const asked = { input, id: work.newId(), signal: abort.signal }
    const running = perform(work.serve({ attempts: 1 }), asked)
    await rest()
    if (outside?.hang) {
      // Time to get there.
      const isOver = await endsWithin(bench, code, hangMs)
      if (isOver) cannotTest(`it ended although the outside system hangs: ${endOf(await running)}`)
    }
    abort.abort()
    await settle(bench, running)
    const withinMs = Math.min(work.patienceMs, letGoMs)
    const isOver = await endsWithin(bench, code, withinMs)
    expectThat(isOver, `it still ran ${withinMs} ms after its signal was aborted`)
  })
}

const hangMs = 50
const letGoMs = 1_000

export function oneRequest(under: ToolUnderTest): Clause {
  const says = 'one attempt asks a failing system once: the policy repeats, not the code'
  return atWork(under, 'one-request', says, async (work) => {
    const { fail, requests } = under.options.outside ?? {}
    if (!fail || !requests) {
      return cannotTest('`outside` has no `fail` with `requests`')
    }
    await fail()
    const before = await requests()
    const [input] = inputsOf(under)
    const ended = await work.call(work.serve({ attempts: 1 }), input, work.newId())
    const asked = (await requests()) - before
    if (asked === 0) cannotTest(`it asked nothing: ${endOf(ended)}`)
    expectThat(asked === 1, `in one attempt it asked ${asked} times`)
  })
}

export function cleanFailure(under: ToolUnderTest): Clause {
  const says = 'when it throws a terminal error, nothing has happened outside'
  return atWork(under, 'clean-failure', says, async (work) => {
    const { fail, effects } = under.options.outside ?? {}
    if (!fail || !effects) return cannotTest('`outside` has no `fail` with `effects`')
    await fail()
    const before = await effects()
    let isTerminal = false
    const execute = async (input: unknown, scope: ToolScope): Promise<unknown> => {
      try {
        return await work.execute(input, scope)
      } catch (thrown) {
        isTerminal = toErrorValue(thrown).disposition === 'terminal'
        throw thrown
      }
    }
    await work.call(work.serve({ execute, attempts: 1 }), inputsOf(under)[0], work.newId())
    const made = (await effects()) - before
    expectThat(!isTerminal || made === 0, `it threw a terminal error after ${made} effect(s)`)
  })
}
