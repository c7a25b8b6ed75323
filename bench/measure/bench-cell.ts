import type { Runtime } from 'ashlar'
import { connect } from 'ashlar'
import type { Broker } from '../../src/bus/embedded-broker.ts'
import { startBroker } from '../../src/bus/embedded-broker.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import type { Role } from '../agents/process.ts'
import type { Shape } from '../options.ts'
import type { BenchChild, ChildOptions } from './bench-child.ts'
import { startChild } from './bench-child.ts'
import { atEnd, removeFolder, temporaryFolder } from './leftovers.ts'

/**
 * What a commit survives: the death of any process (`process`: files are synced ten times a
 * second), or of the power too (`power`: every write is synced before it is acknowledged).
 */
export type Durability = 'process' | 'power'

/** A broker with an empty store, this process's connection to it, and service processes. */
export interface BenchCell {
  readonly durability: Durability
  readonly broker: Broker
  readonly runtime: Runtime
  readonly children: BenchChild[]
  /** Starts a process of the given role in this cell, or in another one of the same broker. */
  serve(role: Role, options?: Partial<ChildOptions>): Promise<BenchChild>
  /** Ends everything and removes the store. Closing twice is harmless. */
  close(): Promise<void>
}

export const benchCellName = 'main'

/** The processes of the agent loop in each shape. */
export const rolesOf: Readonly<Record<Shape, readonly Role[]>> = {
  inline: ['inline'],
  actors: ['agents', 'tools', 'decisions'],
}

/** Starts a broker and the processes of the given roles. Everything ends with `close`. */
export async function openBenchCell(
  durability: Durability,
  roles: readonly Role[] = [],
): Promise<BenchCell> {
  const storeDir = await temporaryFolder()
  const broker = await startBroker({
    storeDir,
    port: 0,
    env: process.env,
    syncInterval: durability === 'power' ? 'always' : '100ms',
    report: (line) => process.stderr.write(`${line}\n`),
    onEvent: (event) => process.stderr.write(`broker: ${JSON.stringify(event)}\n`),
    clock: systemClock(),
  })
  const children: BenchChild[] = []
  let runtime: Runtime | undefined
  let closing: Promise<void> | undefined
  const end = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()))
    await runtime?.bus.close()
    await broker.stop()
    removeFolder(storeDir)
    forget()
  }
  const close = (): Promise<void> => (closing ??= end())
  const forget = atEnd(close)
  const serve: BenchCell['serve'] = async (role, options) => {
    const child = await startChild(role, broker.url, { cell: benchCellName, ...options })
    children.push(child)
    return child
  }
  try {
    runtime = await connect({ servers: broker.url, cell: benchCellName })
    for (const role of roles) await serve(role)
    return { durability, broker, runtime, children, serve, close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}
