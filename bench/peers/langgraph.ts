/** LangGraph.js with its SQLite checkpointer on a file, in this process, as a library. */
import { join } from 'node:path'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import { decide, startState, toolA, toolB } from './agent-loop.ts'
import type { AgentState } from './agent-loop.ts'
import { assertFinished } from './peer.ts'
import type { OpenPeer } from './peer.ts'

const State = Annotation.Root({
  id: Annotation<string>,
  n: Annotation<number>,
  pad: Annotation<string>,
  next: Annotation<AgentState['next']>,
  a: Annotation<number | null>,
  b: Annotation<number | null>,
})

// A node answers with what it changes and not with the whole state: each key is a row more.
const graph = new StateGraph(State)
  .addNode('decide', (state) => ({ next: decide(state).next }))
  .addNode('toolA', (state) => ({ a: toolA(state).a }))
  .addNode('toolB', (state) => ({ b: toolB(state).b }))
  .addEdge(START, 'decide')
  .addConditionalEdges('decide', ({ next }) => next, { a: 'toolA', b: 'toolB', end: END })
  .addEdge('toolA', 'decide')
  .addEdge('toolB', 'decide')

/** The step whose checkpoint ends a run: five nodes follow the checkpoint numbered 0. */
const lastStep = 5
/** What `PRAGMA synchronous` answers for NORMAL and FULL. */
const levels = { default: 1, full: 2 }

function openSaver(path: string): SqliteSaver {
  try {
    return SqliteSaver.fromConnString(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_DLOPEN_FAILED') throw error
    throw new Error(
      `better-sqlite3 was built for another Node.js than ${process.version}; ` +
        'run: npm rebuild better-sqlite3 --prefix bench/peers',
      { cause: error },
    )
  }
}

export const open: OpenPeer<'default' | 'full'> = async (variant, dir) => {
  const saver = openSaver(join(dir, 'langgraph.sqlite'))
  const { db } = saver
  // The saver's own tables, and WAL: SQLite settles its sync level only in the journal mode used.
  await saver.getTuple({ configurable: { thread_id: 'none' } })
  if (variant === 'full') db.pragma('synchronous = FULL')
  const level = db.pragma('synchronous', { simple: true })
  if (level !== levels[variant]) throw new Error(`unexpected sync level ${String(level)}`)
  const app = graph.compile({ checkpointer: saver })
  const finished = db.prepare<[number], { count: number }>(
    `SELECT count(*) AS count FROM checkpoints WHERE json_extract(metadata, '$.step') = ?
       AND json_extract(checkpoint, '$.channel_values.next') = 'end'`,
  )
  return {
    syncedPerStep: variant === 'full',
    run: (n) => {
      const state = startState(n)
      return app.invoke(state, { configurable: { thread_id: state.id }, durability: 'sync' })
    },
    verify: async (count) => assertFinished(finished.get(lastStep)!.count, count),
    close: async () => void db.close(),
  }
}
