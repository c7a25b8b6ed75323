import { parseArgs } from 'node:util'
import { violations } from './checkers.ts'
import { Simulation } from './simulation.ts'
import { storm } from './storm.ts'

const help = `Usage: npm run simulate -- [options]

Runs the production runtime on the local twin under seeded interleavings, crashes, losses and
suspensions, and checks the journals afterwards. A seed that breaks an invariant replays exactly.

  --schedules N   how many seeds (default 1000)
  --seed S        the first seed (default 1)
  --trace         print the last 80 turns of a failing seed
  --json          print the result as one JSON object on the last line

Exit codes: 0 no violation; 1 a seed broke an invariant; 2 bad input.
`

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(help)
} else {
  process.exitCode = await campaign(Number(values.schedules), Number(values.seed))
}

async function campaign(schedules: number, seed: number): Promise<number> {
  if (!Number.isInteger(schedules) || schedules < 1 || !Number.isInteger(seed)) {
    process.stderr.write('simulate: --schedules and --seed: expected whole numbers; correct them\n')
    return 2
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  let broken = 0
  let crashes = 0
  let turns = 0
  let firstBroken: number | undefined
  for (let next = seed; next < seed + schedules; next++) {
    const result = await new Simulation({ ...storm, seed: next }).run()
    const found = await violations(result, storm.rounds)
    crashes += result.crashes
    turns += result.turns
    if (found.length > 0) {
      broken++
      firstBroken ??= next
      say(`seed ${next} breaks ${found.length} invariant(s) after ${result.turns} turns:`)
      for (const line of found.slice(0, 10)) say(`  ${line}`)
      if (values.trace) for (const line of result.trace.slice(-80)) say(`    ${line}`)
      say(`  replay it: npm run simulate -- --schedules 1 --seed ${next} --trace`)
    }
    const done = next - seed + 1
    if (done % 100 === 0)
      say(`${done}/${schedules} schedules, ${crashes} crashes, ${broken} broken`)
  }
  const verdict =
    broken === 0 ? 'no invariant was broken' : `${broken} schedule(s) broke invariants`
  if (!values.json) {
    process.stdout.write(`${schedules} schedules, ${turns} turns, ${crashes} crashes: ${verdict}\n`)
  } else {
    const result = { schedules, violations: broken, seed: firstBroken ?? seed, turns, crashes }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
  return broken === 0 ? 0 : 1
}
