import { deserialize, serialize } from 'node:v8'
import { hashJson } from '../contracts/json.ts'
import { InputError } from '../contracts/error.ts'
import type { Call } from './call.ts'
import type { Cast, Mail, Player } from './cast.ts'
import type { FormsParts } from './forms.ts'
import type { SearchParts } from './search.ts'
import { Search } from './search.ts'
import type { World } from './world.ts'

interface Checkpoint {
  v: 1
  /** Of what is known of the world; what its models do, nobody can compare. */
  fingerprint: string
  parts: SearchParts
  forms: FormsParts
  players: (Pick<Player, 'agent'> & { machine: string })[]
  calls: readonly Call[]
  mail: readonly Mail[]
  values: readonly unknown[]
  outside: readonly unknown[]
  monitors: readonly unknown[]
  sights: Record<string, Record<string, string[]>>
}

/** A search as bytes, to go on with it later, also in another process. */
export function saveSearch(search: Search): Uint8Array {
  const { cast } = search
  const sights = [...cast.sights].map(([id, { seen }]) => [
    id,
    Object.fromEntries(Object.entries(seen).map(([kind, names]) => [kind, [...names]])),
  ])
  const checkpoint: Checkpoint = {
    v: 1,
    fingerprint: fingerprintOf(cast),
    parts: search.toParts(),
    forms: cast.forms.toParts(),
    players: cast.players.all().map(({ agent, definition }) => {
      return { agent, machine: definition.id }
    }),
    calls: cast.calls.all(),
    mail: cast.mail.all(),
    values: cast.values.all(),
    outside: cast.outside.all(),
    monitors: cast.monitors.all(),
    sights: Object.fromEntries(sights) as Checkpoint['sights'],
  }
  return serialize(checkpoint)
}

/**
 * The search that a checkpoint holds; it goes on as if it had never been interrupted.
 * @throws InputError when the checkpoint is of another world, or of one that was changed
 */
export function restoreSearch<Outside>(world: World<Outside>, bytes: Uint8Array): Search<Outside> {
  const search = new Search(world)
  const { cast } = search
  const checkpoint = read(bytes)
  if (checkpoint?.v !== 1 || checkpoint.fingerprint !== fingerprintOf(cast)) {
    throw new InputError({
      field: 'checkpoint',
      expected: `one of world ${world.name} as it is now, with the same bounds`,
      todo: 'begin anew, without the checkpoint',
    })
  }
  for (const { agent, machine } of checkpoint.players) cast.playerOf(agent, machine)
  cast.forms.restore(checkpoint.forms, (machine) => cast.definitionOf(machine))
  for (const call of checkpoint.calls) cast.calls.of(call)
  for (const mail of checkpoint.mail) cast.mailOf(mail)
  cast.values.restore(checkpoint.values)
  cast.outside.restore(checkpoint.outside as Outside[])
  cast.monitors.restore(checkpoint.monitors as never)
  for (const [id, seen] of Object.entries(checkpoint.sights)) {
    for (const [kind, names] of Object.entries(seen)) {
      for (const name of names) cast.sights.get(id)?.seen[kind as 'states'].add(name)
    }
  }
  search.restore(checkpoint.parts)
  return search
}

function read(bytes: Uint8Array): Checkpoint | undefined {
  try {
    return deserialize(bytes) as Checkpoint
  } catch {
    return undefined
  }
}

function fingerprintOf<Outside>({ world, bounds, sights }: Cast<Outside>): string {
  const machines = [...sights.values()].map(({ definition }) => definition.hash)
  const properties = world.properties.map(({ name }) => name)
  const agents = world.agents.map(({ definition, id, input }) => [definition.id, id, input ?? null])
  const outsiders = (world.outsiders ?? []).map(({ name, to, most }) => [name, to, most ?? null])
  const start = JSON.parse(JSON.stringify(world.outside ?? null)) as unknown
  return hashJson([world.name, bounds, machines, properties, agents, outsiders, start])
}
