import type { ToolScope } from '../contracts/tool.ts'
import type { Clause } from './clause.ts'
import { cannotTest, expectThat, shown, untested } from './clause.ts'
import { endsWithin, perform } from './contract-bench.ts'
import type { ToolAtWork } from './tool-execution.ts'
import { atWork } from './tool-execution.ts'
import type { ToolUnderTest } from './tool-under-test.ts'
import { endOf, inputsOf, isSameJson } from './tool-under-test.ts'

const never = new Promise<never>(() => undefined)

/** What the same call does a second time, by the tool's effect class. */
export function secondCall(under: ToolUnderTest): Clause {
  return under.tool.effect === 'read' ? noEffect(under) : sameKey(under)
}

function noEffect(under: ToolUnderTest): Clause {
  const says = 'a call has no effect outside'
  return atWork(under, 'no-effect', says, async (work) => {
    if ((await work.effects()) === undefined) cannotTest('`outside` has no `effects`')
    await work.eachThatWorks(async (input) => {
      const before = await work.effects()
      const ended = await work.call(work.serve(), input, work.newId())
      const after = await work.effects()
      expectThat(after === before, () => `${shown(input)}: ${after! - before!} effect(s)`)
      return 'output' in ended ? undefined : endOf(ended)
    })
  })
}

function sameKey(under: ToolUnderTest): Clause {
  const says = under.options.outside?.effects
    ? 'a second call with the same idempotency key has no second effect'
    : 'a second call with the same idempotency key gives the same answer (no `outside.effects`: nobody counted effects)'
  return atWork(under, 'same-key', says, async (work) => {
    await work.eachThatWorks(async (input) => {
      const id = work.newId()
      const first = await work.call(work.serve(), input, id)
      if (!('output' in first)) return endOf(first)
      const between = await work.effects()
      const executions = work.code.begun
      // As after a crash: another process gets the call.
      const second = await work.call(work.serve(), input, id)
      const extra = ((await work.effects()) ?? 0) - (between ?? 0)
      expectThat(extra === 0, () => `${shown(input)}: ${extra} effect(s) more`)
      const isSecond = 'output' in second && isSameJson(second.output, first.output)
      expectThat(isSecond, () => `${shown(input)}: first ${endOf(first)}, then ${endOf(second)}`)
      if (work.tool.effect === 'once') {
        expectThat(work.code.begun === executions, `${shown(input)}: it was executed twice`)
      } else if (work.tool.retry.attempts > 1) await loseAnswer(work, input)
      return undefined
    })
  })
}

/** The first attempt takes effect and its answer gets lost; the second one has the same key. */
async function loseAnswer(work: ToolAtWork, input: unknown): Promise<void> {
  let lost: { answer: unknown; effects: number | undefined } | undefined
  const execute = async (given: unknown, scope: ToolScope): Promise<unknown> => {
    const answer = await work.execute(given, scope)
    if (lost) return answer
    lost = { answer, effects: await work.effects() }
    throw new Error('the answer got lost')
  }
  const ended = await work.call(work.serve({ execute }), input, work.newId())
  if (!lost) return
  const extra = ((await work.effects()) ?? 0) - (lost.effects ?? 0)
  const at = `${shown(input)}: after a lost answer`
  expectThat(extra === 0, () => `${at}: ${extra} effect(s) more`)
  const { data } = work.tool.output.safeParse(lost.answer)
  const isSame = 'output' in ended && isSameJson(ended.output, data)
  expectThat(isSame, () => `${at} of ${shown(lost?.answer)}: ended as ${endOf(ended)}`)
}

const foundIt = 'reconcile does not deny what happened'
const foundNothing = 'reconcile does not claim what did not happen'

/** What the tool's own `reconcile` says of a call that was cut off. */
export function reconcileClauses(under: ToolUnderTest): Clause[] {
  if (under.tool.effect !== 'once' || !under.tool.reconcile) {
    const reason = under.tool.effect === 'once' ? 'it has no `reconcile`' : 'only for `once`'
    return [
      untested('reconcile-happened', foundIt, 'notApplicable', reason),
      untested('reconcile-nothing', foundNothing, 'notApplicable', reason),
    ]
  }
  return [happened(under), didNotHappen(under)]
}

/** The process dies after the effect and before the outcome is recorded. */
function happened(under: ToolUnderTest): Clause {
  return atWork(under, 'reconcile-happened', foundIt, async (work) => {
    await work.eachThatWorks(async (input) => {
      const id = work.newId()
      let problem: string | undefined
      const execute = async (given: unknown, scope: ToolScope): Promise<never> => {
        await work.execute(given, scope).catch((thrown: unknown) => (problem = String(thrown)))
        return never
      }
      void perform(work.serve({ execute }), { input, id })
      await endsWithin(work.bench, work.code, work.patienceMs)
      if (problem !== undefined) return problem
      const before = await work.effects()
      const asked = work.found.length
      const ended = await work.call(work.serve(), input, id)
      const [found] = work.found.slice(asked)
      if (!found) return `reconcile gave no answer: ${endOf(ended)}`
      expectThat(found.kind !== 'didNotHappen', () => `${shown(input)}: it says didNotHappen`)
      const extra = ((await work.effects()) ?? 0) - (before ?? 0)
      expectThat(extra === 0, () => `${shown(input)}: ${extra} effect(s) more`)
      const isTold = found.kind === 'unknown' || 'output' in ended
      expectThat(isTold, () => `${shown(input)}: it says happened, and the call ${endOf(ended)}`)
      return undefined
    })
  })
}

/** The process dies after the intent and before the effect. */
function didNotHappen(under: ToolUnderTest): Clause {
  return atWork(under, 'reconcile-nothing', foundNothing, async (work) => {
    const [input] = inputsOf(under)
    const id = work.newId()
    void perform(work.serve({ execute: () => never }), { input, id })
    await endsWithin(work.bench, work.code, work.patienceMs)
    const ended = await work.call(work.serve(), input, id)
    const [found] = work.found
    if (!found) return cannotTest(`reconcile gave no answer: ${endOf(ended)}`)
    expectThat(found.kind !== 'happened', () => `${shown(input)}: it says happened`)
  })
}
