import type { Failure, Summary } from './summary.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1c2430}h1,h2{line-height:1.2}table{border-collapse:collapse;width:100%;margin:1rem 0}
td,th{border-bottom:1px solid #d5dae1;padding:.35rem .6rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right}code{font-size:.85em;overflow-wrap:anywhere}.bad{fill:#b3261e}.good{fill:#2e6b4f}
svg text{font:13px system-ui,sans-serif;fill:#1c2430}`

/** The summary as one page without anything from elsewhere. */
export function reportPage(summary: Summary, made: { at: string; command: string }): string {
  const { baseline, desk, gold, runs } = summary
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Airline desk: the adversary</title>
<style>${style}</style>
<h1>The same decisions at two desks</h1>
<p>${runs} recorded conversations of gpt-4o, replayed at a prompt-and-loop desk (baseline) and at the
desk whose statechart owns the policy. Every write is judged by a checker that shares no code with the
guards. Made at ${text(made.at)} by <code>${text(made.command)}</code>.</p>
${chart([
  ['baseline: forbidden writes committed', baseline.forbidden, 'bad'],
  ['desk: forbidden writes committed', desk.forbidden, 'bad'],
  ['desk: legitimate writes refused', desk.legitimateRefused, 'bad'],
  ['desk: writes refused', desk.refused, 'good'],
])}
<p>Gold: of ${gold.tasks} tasks ${gold.stateEqual} end as the reference, with ${gold.refused} of their
writes refused.</p>
${counts('Forbidden writes of the baseline, by the sentence that they break', baseline.forbiddenBySentence)}
${counts('Refused by the desk, by rule', summary.refusalsByRule)}
${counts('Failed runs, by the layer that broke first', summary.attribution)}
${hostileText(summary.hostile)}
<h2>Failed runs</h2>
<table><tr><th>run<th>layer<th>what broke<th>why, and where</tr>
${summary.failures.map(failure).join('\n')}</table>
<h2>Disputed readings of the policy</h2>
${summary.disputed.length === 0 ? '<p>None.</p>' : ''}
<ul>${summary.disputed
    .map(
      ({ taskId, trial, write, sentence, why }) =>
        `<li>Task ${taskId}, trial ${trial}, <code>${text(write)}</code>: “${text(sentence)}” ${text(why)}</li>`,
    )
    .join('\n')}</ul></html>
`
}

function hostileText(hostile: Summary['hostile']): string {
  if (!hostile) return ''
  const { conversations, seed, writes, refusals, forbidden, stuck } = hostile
  return `<h2>Hostile deciders</h2><p>${conversations} conversations from seed ${seed}: ${writes} writes
committed, ${refusals} refused, <strong>${forbidden} forbidden</strong>, ${stuck} stuck.</p>`
}

function failure({ taskId, trial, agent, attribution }: Failure): string {
  const { layer, component, expectation, reason, step } = attribution
  const at = step === undefined ? '' : ` (transition ${step})`
  return (
    `<tr><td>task ${taskId}, trial ${trial}<br><code>ashlar explain ${text(agent)}</code>` +
    `<td>${text(layer)}<br>${text(component)}<td>${text(expectation)}` +
    `<td>${text(reason)}${at}</tr>`
  )
}

function counts(title: string, of: Readonly<Record<string, number>>): string {
  const rows = Object.entries(of).map(
    ([name, count]) => `<tr><td>${text(name)}<td class="n">${count}</tr>`,
  )
  return `<h2>${text(title)}</h2><table>${rows.join('')}</table>`
}

function chart(bars: readonly (readonly [string, number, 'bad' | 'good'])[]): string {
  const most = Math.max(1, ...bars.map(([, count]) => count))
  const rows = bars.map(([name, count, kind], index) => {
    const y = index * 30
    const width = (count / most) * 400
    return (
      `<text x="0" y="${y + 16}">${text(name)}</text>` +
      `<rect class="${kind}" x="270" y="${y + 3}" width="${width}" height="18"/>` +
      `<text x="${278 + width}" y="${y + 16}">${count}</text>`
    )
  })
  return `<svg role="img" aria-label="Forbidden writes" width="720" height="${bars.length * 30}">${rows.join('')}</svg>`
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
