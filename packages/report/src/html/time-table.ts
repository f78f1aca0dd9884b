import type { TimeBin } from '../rtt-bins.ts'
import { formatCount, formatMillis } from '../text-table.ts'
import { html, type Markup } from './markup.ts'
import { heads, shortTime, table } from './page-words.ts'

export interface TimeTableOptions {
  readonly caption: string
  /** Title and cell of the column that tells lines apart. */
  readonly title: string
  readonly nameOf: (bin: TimeBin) => string
}

/** A chart over time as a table, folded away: for those who cannot or will not read the chart. */
export function timeTable(
  bins: readonly TimeBin[],
  { caption, title, nameOf }: TimeTableOptions,
): Markup {
  const rows = [...bins].sort((left, right) => left.micros - right.micros)
  return html`<details><summary>The chart as a table</summary>${table(
    caption,
    heads(['time, UTC|', `${title}|`, 'median ms (95 %)', 'n']),
    rows.map(
      (bin) => html`<tr><td class="text">${shortTime(bin.micros)}</td>
<td class="text">${nameOf(bin)}</td><td>${medianCell(bin)}</td>
<td>${formatCount(bin.handshakes)}</td></tr>`,
    ),
  )}</details>`
}

function medianCell({ median }: TimeBin): string {
  if (!median) return 'too few samples'
  const interval = `${formatMillis(median.lowMicros)}–${formatMillis(median.highMicros)}`
  return `${formatMillis(median.micros)} (${interval})`
}
