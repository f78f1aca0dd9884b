import type { Report, SiteRow } from '../report.ts'
import { shownRtts } from '../report-words.ts'
import { formatCount, formatSome } from '../text-table.ts'
import { html, type Markup } from './markup.ts'
import {
  type Charts,
  figure,
  heads,
  responsive,
  rttCells,
  rttHeads,
  table,
  versionLabel,
} from './page-words.ts'

/** Charts are drawn for a desk and for a phone. */
export const wideWidth = 860
export const narrowWidth = 340

/** Sites, most queries first. */
export function sitesByQueries({ sites }: Report): string[] {
  const weight = new Map<string, number>()
  for (const { site, queries, handshakes } of sites) {
    weight.set(site, (weight.get(site) ?? 0) + queries + handshakes / 1e6)
  }
  return [...weight].sort((left, right) => right[1] - left[1]).map(([site]) => site)
}

/** RTT by site: chart and table, over prefixes by their queries. */
export function sitesSection(report: Report, charts: Charts): Markup {
  const { sites, weight } = report
  if (sites.length === 0) return html``
  const order = sitesByQueries(report)
  const ordered = order.flatMap((code) => sites.filter(({ site }) => site === code))
  const distributionOf = (row: SiteRow) =>
    report.distributions.find(
      ({ site, ipVersion }) => site === row.site && ipVersion === row.ipVersion,
    )
  const shown = (own: readonly SiteRow[]) =>
    own.flatMap((row) => {
      const rtt = shownRtts(row.rtt, distributionOf(row))
      return rtt ? [{ ipVersion: row.ipVersion, rtt }] : []
    })
  const rows = order
    .map((code) => ({ label: code, rtts: shown(sites.filter(({ site }) => site === code)) }))
    .filter(({ rtts }) => rtts.length > 0)
  return html`<section aria-labelledby="sites-title">
<h2 id="sites-title">RTT by site</h2>
<p class="lead">Over client prefixes, each weighted by its ${weight}. Where there are fewer
than ten prefixes: over handshakes, marked h.</p>
${rows.length > 0 && intervals(rows, charts)}
${table(
  `RTT by site and IP version, over prefixes weighted by their ${weight}`,
  heads(['site|', 'IP|', 'queries', 'handshakes', ...rttHeads]),
  ordered.map(
    (row) => html`<tr><th scope="row">${row.site}</th>
<td class="text">${versionLabel(row.ipVersion)}</td>
<td>${formatSome(row.queries)}</td><td>${formatCount(row.handshakes)}</td>
${rttCells(row.rtt, distributionOf(row))}</tr>`,
  ),
)}
</section>`
}

type IntervalRows = Parameters<Charts['drawIntervals']>[0]

const intervals = (rows: IntervalRows, charts: Charts): Markup =>
  figure(
    'RTT by site and IP version; the numbers are in the table below',
    responsive(charts.drawIntervals(rows, wideWidth), charts.drawIntervals(rows, narrowWidth)),
    html`${intervalLegend()} RTT in ms, logarithmic`,
  )

/** What the marks of an interval chart are. */
export const intervalLegend = (): Markup =>
  html`<span class="key"><i class="v4"></i>IPv4</span>
<span class="key"><i class="v6"></i>IPv6</span>
Dot: median; dark bar: its 95 % interval; light bar: the middle half; thin line: up to p95.`
