import { type Finding, parsePacketTime, type RttQuantile } from '@goldpan/core'
import type { FindingEvidence, Report } from '../report.ts'
import type { TimeBin } from '../rtt-bins.ts'
import { html, type Markup } from './markup.ts'
import { type Charts, figure, responsive } from './page-words.ts'
import { timeTable } from './time-table.ts'

/** Sites of a finding that are drawn, most handshakes first. */
const sitesMax = 6

const wideSize = { width: 460, height: 200 }
const narrowSize = { width: 320, height: 170 }

export interface EvidenceOptions {
  readonly finding: Finding
  readonly evidence: FindingEvidence
  readonly report: Report
  readonly charts: Charts
}

/** The clients of a finding over time, one line per site that served them. */
export function evidenceFigure({ finding, evidence, report, charts }: EvidenceOptions): Markup {
  const sites = sitesOf(evidence.bins, finding.site_to)
  const onset = finding.onset === undefined ? undefined : parsePacketTime(finding.onset)
  const lines = sites.map(({ site, tone, bins }) => ({
    colour: `var(--${tone})`,
    dashed: site !== finding.site_to,
    points: pointsOf(bins),
  }))
  if (lines.every(({ points }) => points.size === 0)) return html``
  const onsets = onset === undefined ? [] : [onset]
  const chart = responsive(
    charts.drawTimeLines(report, lines, { size: wideSize, onsets }),
    charts.drawTimeLines(report, lines, { size: narrowSize, onsets }),
  )
  const legend = sites.map(
    ({ site, tone }) =>
      html`<span class="key"><i style="background:var(--${tone})"></i>${site}</span> `,
  )
  const mark = onset !== undefined && '; the line marks the onset'
  return html`${figure(
    `Median RTT of the affected clients over time, by the site that served them`,
    chart,
    html`${legend}median handshake RTT of these clients by site, ms${mark}`,
  )}${timeTable(
    sites.flatMap(({ bins }) => bins),
    { caption: 'Median RTT over time', title: 'site', nameOf: ({ site }) => site },
  )}`
}

interface SiteLine {
  readonly site: string
  readonly tone: string
  readonly bins: readonly TimeBin[]
}

function sitesOf(bins: readonly TimeBin[], siteTo: string | undefined): SiteLine[] {
  const bySite = Map.groupBy(bins, ({ site }) => site)
  const total = (rows: readonly TimeBin[]): number =>
    rows.reduce((sum, { handshakes }) => sum + handshakes, 0)
  const sorted = [...bySite].sort(
    (left, right) =>
      Number(right[0] === siteTo) - Number(left[0] === siteTo) || total(right[1]) - total(left[1]),
  )
  let next = 0
  return sorted.slice(0, sitesMax).map(([site, rows]) => ({
    site,
    tone: site === siteTo ? 'page' : `site-${next++}`,
    bins: rows,
  }))
}

export const pointsOf = (bins: readonly TimeBin[]): Map<number, RttQuantile> =>
  new Map(bins.flatMap(({ micros, median }) => (median ? [[micros, median] as const] : [])))
