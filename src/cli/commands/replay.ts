import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { InputError, toErrorValue } from '../../contracts/error.ts'
import { playOnModel } from '../../proof/trace-model.ts'
import type { TracePlay } from '../../proof/trace-play.ts'
import type { Trace } from '../../proof/trace.ts'
import { decodeTrace } from '../../proof/trace.ts'
import type { DefinedWorld } from '../../proof/world.ts'
import { loadWorlds } from '../load-worlds.ts'
import { createOutput, exitCodes } from '../output.ts'
import { playOnRuntime } from '../play-trace.ts'
import { describePlay } from '../replay-text.ts'
import { readSettings } from '../settings.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface ReplayOptions extends SharedOptions {
  world?: string
  on: string
}

const places = ['model', 'twin', 'nats'] as const
type Place = (typeof places)[number]

/** `ashlar replay <module> <trace>`: plays a counterexample of `ashlar prove`. */
export function replayCommand(): Command {
  return command('replay', 'play a trace of `ashlar prove`, move by move, on the real runtime')
    .argument('<module>', 'path of the module that exports the world (defineWorld)')
    .argument('<trace>', 'path of the trace, as `ashlar prove --traces` writes it')
    .option('--world <name>', 'the world to play it in; default: the one that the trace names')
    .option(
      '--on <where>',
      '`model`: the model of the checker; `twin`: the production code on a broker in memory; ' +
        '`nats`: on a NATS server, NATS_URL or one that is started for this',
      'twin',
    )
    .action(run)
}

async function run(module: string, file: string, options: ReplayOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const on = placeOf(options.on)
  const trace = await readTrace(file)
  const [world] = await loadWorlds(module, options.world ?? trace.world)
  const play = await playOn(on, world!, trace, options)
  for (const line of describePlay(play, trace)) output.line(line)
  output.result(play)
  if (!play.isBroken) process.exitCode = exitCodes.failed
}

async function playOn(
  on: Place,
  world: DefinedWorld,
  trace: Trace,
  options: ReplayOptions,
): Promise<TracePlay> {
  if (on === 'model') return playOnModel(world, trace)
  if (on === 'twin') return playOnRuntime(world, trace)
  const { natsUrl } = await readSettings(options)
  return playOnRuntime(world, trace, { on, ...(natsUrl === undefined ? {} : { broker: natsUrl }) })
}

/** @throws InputError */
async function readTrace(file: string): Promise<Trace> {
  const field = 'trace'
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (thrown) {
    const todo = `correct the path: ${toErrorValue(thrown).message}`
    throw new InputError({ field, expected: 'a file that can be read', got: file, todo })
  }
  try {
    return decodeTrace(bytes)
  } catch (thrown) {
    const todo = `write it anew with \`ashlar prove --traces\`: ${toErrorValue(thrown).message}`
    throw new InputError({ field, expected: 'a trace of `ashlar prove`', got: file, todo })
  }
}

/** @throws InputError */
function placeOf(text: string): Place {
  const place = places.find((one) => one === text)
  if (place) return place
  const todo = 'say where the trace is to be played'
  throw new InputError({ field: '--on', expected: places.join(', '), got: text, todo })
}
