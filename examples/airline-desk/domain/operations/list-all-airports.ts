import { z } from 'zod'
import { dumps } from '../python-text.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer } from './operation.ts'

const AIRPORTS = {
  SFO: 'San Francisco',
  JFK: 'New York',
  LAX: 'Los Angeles',
  ORD: 'Chicago',
  DFW: 'Dallas',
  DEN: 'Denver',
  SEA: 'Seattle',
  ATL: 'Atlanta',
  MIA: 'Miami',
  BOS: 'Boston',
  PHX: 'Phoenix',
  IAH: 'Houston',
  LAS: 'Las Vegas',
  MCO: 'Orlando',
  EWR: 'Newark',
  CLT: 'Charlotte',
  MSP: 'Minneapolis',
  DTW: 'Detroit',
  PHL: 'Philadelphia',
  LGA: 'LaGuardia',
}

const input = verbatim(z.object({}))
export type ListAllAirportsInput = z.infer<typeof input>

/** Lists the airports that are served. */
export const listAllAirports: Operation<ListAllAirportsInput> = {
  name: 'list_all_airports',
  description: 'List the code and the city of every airport that is served.',
  input,
  kind: 'read',
  run: () => answer(dumps(AIRPORTS)),
}
