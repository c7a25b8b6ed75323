import { openBarePublish } from '../measure/bare-publish.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import { median } from '../measure/latency.ts'
import { show } from '../report/block.ts'
import type { Baseline, Scenario, ScenarioContext } from '../scenario.ts'

const blocksAlone = 3

/** The broker without the runtime: a summary of every bare figure of this run. */
export const brokerScenario: Scenario = {
  name: 'broker',
  title: 'The broker alone',
  async run(context) {
    if (context.baselines.length === 0) await measureAlone(context)
    const summary = summarize(context.baselines)
    const row = ({ durability, concurrency, publishesPerSecond }: Baseline): string[] => [
      durability,
      String(concurrency),
      show(publishesPerSecond),
    ]
    return {
      json: summary,
      blocks: [
        {
          kind: 'table',
          title: 'One 512-byte publish, awaited, with the expected sequence of its subject',
          head: ['class', 'at once', 'publishes/s'],
          rows: summary.map(row),
        },
      ],
    }
  },
}

/** Without a loop to stand beside. */
async function measureAlone({ options, baselines, progress }: ScenarioContext): Promise<void> {
  const concurrencies = options.concurrency ?? (options.quick ? [1, 64, 256] : [1, 16, 64, 256])
  for (const durability of options.durability) {
    const cell = await openBenchCell(durability)
    const bare = await openBarePublish(cell.broker.url)
    try {
      for (const concurrency of concurrencies) {
        for (let block = 0; block < blocksAlone; block++) {
          const windowMs = (options.seconds * 1000) / blocksAlone
          const publishesPerSecond = await bare.measure(concurrency, windowMs)
          baselines.push({ durability, concurrency, publishesPerSecond })
        }
        progress(`broker ${durability} c=${concurrency}`)
      }
    } finally {
      await bare.close()
      await cell.close()
    }
  }
}

function summarize(baselines: readonly Baseline[]): Baseline[] {
  const groups = Map.groupBy(baselines, (one) => `${one.durability} ${one.concurrency}`)
  return [...groups.values()].map((members) => ({
    ...members[0]!,
    publishesPerSecond: median(members.map(({ publishesPerSecond }) => publishesPerSecond)),
  }))
}
