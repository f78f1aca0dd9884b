import { formatPacketTime } from '@goldpan/core'
import { shownRtts } from '../report-words.ts'
import type { HandshakeRtts } from '../rtt-bins.ts'
import { formatCount, formatMillis } from '../text-table.ts'
import type { WeightedQuantiles } from '../weighted-median.ts'
import { html, type Markup, type MarkupValue } from './markup.ts'

/** Words and table cells that several sections of the page share. */

/** `2026-01-01 09:30`, UTC. */
export const shortTime = (micros: number): string =>
  formatPacketTime(micros).slice(0, 16).replace('T', ' ')

/** The same of a packet time in text. */
export const shortTimeText = (time: string): string => time.slice(0, 16).replace('T', ' ')

/** `detour_by_site` as words: `Detour by site`. */
export const wordsOf = (name: string): string => {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** An IP version as a coloured label. */
export const versionLabel = (version: 4 | 6): Markup =>
  html`<span class="version v${version}">IPv${version}</span>`

/** A table that scrolls in its own box where the screen is too narrow. */
export const table = (caption: string, head: MarkupValue, rows: MarkupValue): Markup =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`

/** Header cells; those that end in `|` stand above text, the others above numbers. */
export const heads = (titles: readonly string[]): Markup[] =>
  titles.map((title) =>
    title.endsWith('|')
      ? html`<th scope="col" class="text">${title.slice(0, -1)}</th>`
      : html`<th scope="col">${title}</th>`,
  )

export const rttHeads = ['p25 ms', 'p50 ms', '95 % of p50', 'p75 ms', 'p95 ms', 'n']

/** The cells below {@link rttHeads}; what rests on handshakes or on too few samples says so. */
export function rttCells(
  rtt: WeightedQuantiles | undefined,
  handshakes?: HandshakeRtts | undefined,
): Markup {
  const shown = shownRtts(rtt, handshakes)
  if (!shown) return html`<td colspan="5" class="few">too few samples</td><td>${rtt?.n ?? 0}</td>`
  const mark = shown.over === 'handshakes' && html` <abbr title="handshakes">h</abbr>`
  return html`<td>${formatMillis(shown.p25)}</td><td><b>${formatMillis(shown.p50)}</b></td>
<td>${formatMillis(shown.low)}–${formatMillis(shown.high)}</td>
<td>${formatMillis(shown.p75)}</td><td>${formatMillis(shown.p95)}</td>
<td>${formatCount(shown.n)}${mark}</td>`
}

/** A chart with its words; what it shows must also stand in a table or the caption. */
export const figure = (label: string, chart: MarkupValue, caption: MarkupValue): Markup =>
  html`<figure><div role="img" aria-label="${label}">${chart}</div>
<figcaption>${caption}</figcaption></figure>`

/** Wide and narrow drawing of one chart; the style sheet shows the one that fits. */
export const responsive = (wide: Markup, narrow: Markup): Markup =>
  html`<div class="wide">${wide}</div><div class="narrow">${narrow}</div>`

export type Charts = typeof import('../chart/charts.ts')
