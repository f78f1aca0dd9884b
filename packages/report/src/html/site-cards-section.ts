import type { Report } from '../report.ts'
import { samplesMin } from '../rtt-bins.ts'
import { formatCount, formatMillis } from '../text-table.ts'
import { pointsOf } from './evidence-figure.ts'
import { onsetsAt } from './findings-section.ts'
import { html, type Markup } from './markup.ts'
import { type Charts, figure, versionLabel } from './page-words.ts'
import { sitesByQueries } from './sites-section.ts'
import { timeTable } from './time-table.ts'

/** Sites that are drawn one by one, busiest first; the table above has all. */
const cardsMax = 30

const chartSize = { width: 340, height: 140 }

interface Card {
  readonly code: string
  readonly report: Report
  readonly charts: Charts
  readonly range: ReturnType<Charts['rttRange']>
}

/** Every site with its distribution and its day. */
export function siteCardsSection(report: Report, charts: Charts): Markup {
  if (report.distributions.length === 0) return html``
  const range = charts.rttRange(report.distributions)
  const measured = new Set(report.distributions.map(({ site }) => site))
  const codes = sitesByQueries(report).filter((code) => measured.has(code))
  const cards = codes.slice(0, cardsMax).map((code) => card({ code, report, charts, range }))
  const more = codes.length - cardsMax
  return html`<section aria-labelledby="cards-title">
<h2 id="cards-title">Site by site</h2>
<p class="lead">Over handshakes: how their RTTs are spread, and their median over time
with its 95 % interval. A dashed upright line marks the onset of a finding there.</p>
<div class="cards">${cards}</div>
${more > 0 && html`<p>${formatCount(more)} more sites are in the table above alone.</p>`}
</section>`
}

function card({ code, report, charts, range }: Card): Markup {
  const rows = report.distributions.filter(({ site }) => site === code)
  const place = report.places.find((each) => each.code === code)
  return html`<article class="card"><header><h3>${code}</h3>
${place && html`<span>${place.city}, ${place.country}</span>`}</header>
<p>${rows.map(
    ({ ipVersion, handshakes, p50 }) => html`<span class="median">${versionLabel(ipVersion)}
<b>${handshakes < samplesMin ? 'too few samples' : `${formatMillis(p50.micros)} ms`}</b>
<small>n ${formatCount(handshakes)}</small></span> `,
  )}</p>
${figure(
  `Distribution of the RTTs at ${code}`,
  charts.drawDistribution(rows, range),
  'share of handshakes by RTT, ms',
)}
${timeFigure({ code, report, charts, range })}
</article>`
}

function timeFigure({ code, report, charts }: Card): Markup {
  const versions = ([4, 6] as const).map((version) => ({
    version,
    bins: report.overTime.filter(({ site, ipVersion }) => site === code && ipVersion === version),
  }))
  const lines = versions
    .map(({ version, bins }) => ({
      colour: `var(--v${version})`,
      dashed: version === 6,
      points: pointsOf(bins),
    }))
    .filter(({ points }) => points.size > 0)
  if (lines.length === 0) return html`<p class="few">Too few handshakes for a median over time.</p>`
  const chart = charts.drawTimeLines(report, lines, {
    size: chartSize,
    onsets: onsetsAt(report.findings, code),
  })
  const caption = `Median RTT at ${code} over time`
  return html`${figure(caption, chart, 'median RTT over time, ms, UTC')}${timeTable(
    versions.flatMap(({ bins }) => bins),
    { caption, title: 'IP', nameOf: ({ ipVersion }) => `v${ipVersion}` },
  )}`
}
