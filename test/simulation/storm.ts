import type { Schedule } from './simulation.ts'

/** The weather of an ordinary campaign: some crash or suspension every few hundred turns. */
export const storm: Omit<Schedule, 'seed'> = {
  couriers: 3,
  rounds: 3,
  crash: 0.004,
  suspend: 0.004,
  rates: { lostRequest: 0.01, lostAnswer: 0.01, duplicateMail: 0.05, lostNotice: 0.1 },
}
