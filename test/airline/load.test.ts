import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  DataFileError,
  loadAirlineData,
  loadRuns,
} from '../../examples/airline-desk/domain/load.ts'
import { DATA_DIR, data } from './synthetic.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'airline-'))
  await cp(DATA_DIR, dir, { recursive: true })
})
afterEach(() => rm(dir, { recursive: true }))

async function messageOf(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DataFileError)
  return (error as DataFileError).message
}

describe('the data set', () => {
  test('has 8 users, 14 reservations and 20 flights with every status', () => {
    expect(Object.keys(data.users)).toHaveLength(8)
    expect(Object.keys(data.reservations)).toHaveLength(14)
    expect(Object.keys(data.flights)).toHaveLength(20)
    const days = Object.values(data.flights).flatMap((flight) => Object.values(flight.dates))
    expect(new Set(days.map((day) => day.status))).toEqual(
      new Set(['available', 'on time', 'delayed', 'flying', 'landed', 'cancelled']),
    )
  })

  test('is loaded unchanged, also keys that no schema names', () => {
    expect(data.users['nora_vale_1101']).toHaveProperty('address.city', 'Boulder')
  })

  test('belongs together', () => {
    for (const [id, reservation] of Object.entries(data.reservations)) {
      const user = data.users[reservation.user_id]
      expect(user?.reservations).toContain(id)
      for (const { flight_number, date, origin, destination } of reservation.flights) {
        expect(data.flights[flight_number]).toMatchObject({ origin, destination })
        expect(data.flights[flight_number]?.dates).toHaveProperty(date)
      }
      for (const { payment_id } of reservation.payment_history) {
        expect(user?.payment_methods).toHaveProperty(payment_id)
      }
    }
  })
})

describe('a file that cannot be used', () => {
  const ADVICE = /\. Point at a folder with users\.json, reservations\.json and flights\.json/

  test('is missing', async () => {
    await rm(join(dir, 'flights.json'))
    const message = await messageOf(loadAirlineData(dir))
    expect(message).toContain(`${join(dir, 'flights.json')}: does not exist`)
    expect(message).toMatch(ADVICE)
  })

  test('is a folder', async () => {
    await rm(join(dir, 'users.json'))
    await mkdir(join(dir, 'users.json'))
    expect(await messageOf(loadAirlineData(dir))).toMatch(/is a folder, expected a file\. Point/)
  })

  test('is not JSON', async () => {
    await writeFile(join(dir, 'users.json'), '{"a": ')
    expect(await messageOf(loadAirlineData(dir))).toMatch(/users\.json: is not JSON \(.+\)\. Point/)
  })

  test('is not an object', async () => {
    await writeFile(join(dir, 'users.json'), '[]')
    const message = await messageOf(loadAirlineData(dir))
    expect(message).toMatch(/users\.json: top level: Invalid input: expected record/)
  })

  test('has a field of another kind', async () => {
    const broken = structuredClone(data.users) as Record<string, object>
    broken['nora_vale_1101'] = { ...broken['nora_vale_1101'], membership: 'platinum', email: 1 }
    await writeFile(join(dir, 'users.json'), JSON.stringify(broken))
    const message = await messageOf(loadAirlineData(dir))
    expect(message).toContain('nora_vale_1101.email: Invalid input: expected string')
    expect(message).toContain('(and 1 more)')
    expect(message).toMatch(ADVICE)
  })

  test('has a flight without prices', async () => {
    const flights = structuredClone(data.flights) as Record<string, object>
    flights['ASH101'] = { ...data.flights['ASH101'], dates: { x: { status: 'available' } } }
    await writeFile(join(dir, 'flights.json'), JSON.stringify(flights))
    const message = await messageOf(loadAirlineData(dir))
    expect(message).toContain('flights.json: ASH101.dates.x.available_seats: ')
  })

  test('is no file of runs', async () => {
    const file = join(dir, 'conversations.json')
    await writeFile(file, '[{"task_id": 0, "trial": 0, "messages": [{"role": "cat"}]}]')
    const message = await messageOf(loadRuns(file))
    expect(message).toContain(`${file}: 0.messages.0.role: Invalid option`)
    expect(message).toContain('Point at a JSON array of conversations')
  })
})
