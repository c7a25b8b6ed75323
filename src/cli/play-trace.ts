import { InputError } from '../contracts/error.ts'
import { holdProcess } from '../bus/process-hold.ts'
import { playOnGround } from '../proof/trace-player.ts'
import type { TracePlay } from '../proof/trace-play.ts'
import type { Trace } from '../proof/trace.ts'
import type { World } from '../proof/world.ts'
import { natsTraceGround, twinTraceGround } from './trace-grounds.ts'

export interface PlayOptions {
  /** Default: `twin`, the local twin of the broker. */
  readonly on?: 'twin' | 'nats'
  /**
   * For `nats`: the server, `nats://host:4222`. In a cell of its own, which is left there. Default:
   * one is started for this and removed after it.
   */
  readonly broker?: string
}

/**
 * Plays a trace on the production runtime, with the world's models in the place of what is outside,
 * and tells whether the property of the trace is broken there as well.
 * @throws InputError naming the option, or when the world has not that property; UnavailableError when
 * there is no broker
 */
export async function playOnRuntime<Outside>(
  world: World<Outside>,
  trace: Trace,
  { on = 'twin', broker }: PlayOptions = {},
): Promise<TracePlay> {
  if (on !== 'twin' && on !== 'nats') {
    const todo = 'name where the trace is to run'
    throw new InputError({ field: 'on', expected: 'twin or nats', got: on, todo })
  }
  const release = holdProcess()
  const ground = on === 'twin' ? twinTraceGround() : await natsTraceGround(broker)
  try {
    return await playOnGround(world, trace, ground)
  } finally {
    await ground.close()
    release()
  }
}
