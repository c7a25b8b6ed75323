import type { HostileSummary } from './hostile/campaign.ts'
import type { DeskTally, Summary } from './summary.ts'

const measures: readonly (readonly [string, (tally: DeskTally) => number])[] = [
  ['writes proposed', ({ proposed }) => proposed],
  ['committed', ({ committed }) => committed],
  ['turned down by the tool', ({ errors }) => errors],
  ['refused', ({ refused }) => refused],
  ['FORBIDDEN, YET COMMITTED', ({ forbidden }) => forbidden],
  ['legitimate, yet refused', ({ legitimateRefused }) => legitimateRefused],
  ['runs stuck', ({ stuck }) => stuck],
  ['runs that end as the reference', ({ stateEqual }) => stateEqual],
]

const shownMost = 80

/** The summary for a terminal. */
export function showSummary(summary: Summary): string[] {
  const { runs, gold, baseline, desk } = summary
  return [
    `Gold: ${gold.tasks} tasks, ${gold.refused} writes refused, ` +
      `${gold.stateEqual} of ${gold.tasks} end as the reference`,
    '',
    `${runs} recorded runs at both desks          baseline      desk`,
    ...measures.map(
      ([name, of]) =>
        `  ${name.padEnd(34)}${String(of(baseline)).padStart(8)}${String(of(desk)).padStart(10)}`,
    ),
    '',
    ...block(
      'Forbidden writes of the baseline, by the sentence that they break',
      baseline.forbiddenBySentence,
    ),
    ...block('Refused by the desk, by rule', summary.refusalsByRule),
    ...block('Failed runs, by the layer that broke first', summary.attribution),
    ...(summary.hostile ? hostileLines(summary.hostile) : []),
    ...summary.disputed.map(
      ({ taskId, trial, write, sentence, why }) =>
        `disputed: task ${taskId}, trial ${trial}: ${shorten(write)}: "${shorten(sentence)}" (${why})`,
    ),
  ]
}

/** The report has the whole of it. */
function shorten(text: string): string {
  return text.length <= shownMost ? text : `${text.slice(0, shownMost)}…`
}

function hostileLines(hostile: HostileSummary): string[] {
  const { conversations, seed, writes, refusals, forbidden, stuck, examples } = hostile
  return [
    `Hostile: ${conversations} conversations from seed ${seed}: ${writes} writes committed, ` +
      `${refusals} refused, ${forbidden} FORBIDDEN, ${stuck} stuck`,
    ...examples.map(
      ({ seed: one, decider, violation }) => `  seed ${one} (${decider}): ${violation}`,
    ),
    '',
  ]
}

function block(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts)
  if (rows.length === 0) return []
  return [title, ...rows.map(([name, count]) => `  ${String(count).padStart(4)}  ${name}`), '']
}
