import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Run } from '../domain/load.ts'
import { DataFileError } from '../domain/load.ts'

const taskSchema = z.array(
  z.object({
    id: z.int(),
    reason_for_call: z.string(),
    task_instructions: z.string(),
    known_info: z.string(),
    actions: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })),
  }),
)
export type Task = z.infer<typeof taskSchema>[number]

const referenceSchema = z.array(
  z.object({
    task_id: z.int(),
    changed: z.record(z.string(), z.record(z.string(), z.unknown())),
  }),
)
/** Every record that differs after a task's ground-truth calls, by table and id. */
export type Changed = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface Reference {
  tasks: Task[]
  /** By task. */
  changed: ReadonlyMap<number, Changed>
}

/** Reads the ground truth of the benchmark. @throws DataFileError */
export async function loadReference(dir: string): Promise<Reference> {
  const tasks = await read(join(dir, 'tasks.json'), taskSchema)
  const outcomes = await read(join(dir, 'reference-outcomes.json'), referenceSchema)
  return { tasks, changed: new Map(outcomes.map((one) => [one.task_id, one.changed])) }
}

/** Marks the runs that are made of a task's ground truth; recorded trials count from 0. */
export const goldTrial = -1

/**
 * A task as a conversation in which the model makes exactly the ground-truth calls, and the customer
 * says all that the benchmark's customer knows, and yes.
 */
export function goldRun(task: Task): Run {
  const { id, reason_for_call, task_instructions, known_info, actions } = task
  const said = [reason_for_call, task_instructions, known_info].join('\n')
  return {
    task_id: id,
    trial: goldTrial,
    messages: [
      { role: 'user', content: said },
      { role: 'assistant', content: 'I will see to it.' },
      { role: 'user', content: 'Yes.' },
      ...actions.map((action, index) => ({
        role: 'assistant' as const,
        content: null,
        tool_calls: [{ id: `gold-${index}`, ...action }],
      })),
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: '###STOP###' },
    ],
  }
}

async function read<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    const advice = 'Point --data at a folder with the tau-bench airline data and its reference.'
    throw new DataFileError(`${file}: ${why}. ${advice}`, { cause: thrown })
  }
}
