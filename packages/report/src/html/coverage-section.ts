import type { CoverageRow, Report } from '../report.ts'
import { formatCount, formatShare } from '../text-table.ts'
import { html, type Markup } from './markup.ts'
import { heads, table, versionLabel } from './page-words.ts'

/** Of whom the report can speak: those with at least ten handshakes. */
export function coverageSection({ coverage, hasNetworks }: Report): Markup {
  if (coverage.length === 0) return html``
  return html`<section aria-labelledby="coverage-title">
<h2 id="coverage-title">Coverage</h2>
<p class="lead">Who has at least ten handshakes, so that this report speaks of them.</p>
${table(
  'Share with at least ten handshakes, by IP version',
  heads(['IP|', 'handshakes', 'of queries|', 'of prefixes|', ...(hasNetworks ? ['of ASes|'] : [])]),
  coverage.map(
    (row: CoverageRow) => html`<tr><th scope="row">${versionLabel(row.ipVersion)}</th>
<td>${formatCount(row.handshakes)}</td>
${meter(row.queriesCovered, row.queries)}${meter(row.prefixesCovered, row.prefixes)}
${hasNetworks && meter(row.networksCovered, row.networks)}</tr>`,
  ),
)}
</section>`
}

function meter(part: number, whole: number): Markup {
  const width = whole === 0 ? 0 : (100 * part) / whole
  return html`<td class="text meter"><b>${formatShare(part, whole)}</b>
<small>${whole > 0 && `of ${formatCount(whole)}`}</small>
<span class="track"><span style="width:${width.toFixed(1)}%"></span></span></td>`
}
