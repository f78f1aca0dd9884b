import { formatPacketTime } from '@goldpan/core'
import { formatFindingsText } from './findings-text.ts'
import type { CaptureFacts, Report, SiteRow } from './report.ts'
import { formatCount, formatMillis, formatShare, formatTable } from './text-table.ts'

/** Fewer prefixes than this say nothing about a median. */
const prefixesMin = 10

/** The report for a terminal: what was read, the sites, the coverage, and what is wrong. */
export function formatReportText(report: Report, options: { readonly colour: boolean }): string {
  const sections = [
    heading(report),
    ['What was read', ...captureLines(report.captures)],
    [`RTT by site, over prefixes weighted by their ${report.weight}`, ...siteLines(report.sites)],
    ['Coverage: who has at least 10 handshakes', ...coverageLines(report.sites)],
    discardLines(report.captures),
    ['What is wrong'],
  ]
  const text = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
  return `${text}\n\n${formatFindingsText(report.findings, options)}`
}

function heading({ service, fromMicros, toMicros }: Report): string[] {
  const time = (micros: number): string => `${formatPacketTime(micros).slice(0, 19)}Z`
  return [`${service}, ${time(fromMicros)} to ${time(toMicros)}`]
}

function captureLines(captures: readonly CaptureFacts[]): string[] {
  const rows = captures.map(({ site, packets, bytes, counters }) => [
    site,
    formatCount(packets),
    `${(bytes / 1e6).toFixed(1)} MB`,
    formatCount(counters.handshakes ?? 0),
    formatCount(counters.ambiguous ?? 0),
  ])
  const columns = ['site', 'packets', 'captured', 'handshakes', 'ambiguous'].map(
    (title, index) => ({ title, align: index === 0 ? ('left' as const) : ('right' as const) }),
  )
  const warnings = captures.flatMap((capture) => [
    ...(capture.isTakenAtClient
      ? [`${capture.site}: captured at the client, its RTTs are not those of your clients`]
      : []),
    ...capture.servers
      .filter(({ direction }) => direction !== 'both')
      .map(({ address, direction }) => `${capture.site}: ${direction} for server ${address}`),
    ...capture.damages.map((damage) => `${capture.site}: ${damage}`),
    ...capture.notes.map((note) => `${capture.site}: ${note}`),
  ])
  return [...formatTable(columns, rows), ...warnings]
}

function siteLines(sites: readonly SiteRow[]): string[] {
  const titles = [
    'site',
    'IP',
    'queries',
    'handshakes',
    'p25',
    'p50',
    '95 % of p50',
    'p75',
    'p95',
    'n',
  ]
  const columns = titles.map((title, index) => ({
    title,
    align: index < 1 ? ('left' as const) : ('right' as const),
  }))
  const rows = sites.map(({ site, ipVersion, queries, handshakes, rtt }) => [
    site,
    `v${ipVersion}`,
    formatCount(queries),
    formatCount(handshakes),
    ...rttCells(rtt),
  ])
  return [...formatTable(columns, rows), 'RTTs in ms; n is the number of prefixes.']
}

function rttCells(rtt: SiteRow['rtt']): string[] {
  if (!rtt || rtt.n < prefixesMin)
    return ['–', '–', 'too few samples', '–', '–', String(rtt?.n ?? 0)]
  return [
    formatMillis(rtt.p25),
    formatMillis(rtt.p50),
    `${formatMillis(rtt.low)}–${formatMillis(rtt.high)}`,
    formatMillis(rtt.p75),
    formatMillis(rtt.p95),
    formatCount(rtt.n),
  ]
}

function coverageLines(sites: readonly SiteRow[]): string[] {
  return ([4, 6] as const).flatMap((version) => {
    const rows = sites.filter(({ ipVersion }) => ipVersion === version)
    if (rows.length === 0) return []
    const sum = (pick: (row: SiteRow) => number): number =>
      rows.reduce((total, row) => total + pick(row), 0)
    const queries = formatShare(
      sum((row) => row.queriesCovered),
      sum((row) => row.queries),
    )
    const prefixes = formatShare(
      sum((row) => row.prefixesCovered),
      sum((row) => row.prefixesSeen),
    )
    return [`IPv${version}: ${queries} of queries, ${prefixes} of prefixes`]
  })
}

const ordinary = new Set([
  'handshakes',
  'syns',
  'synacks',
  'udp_queries',
  'tcp_queries',
  'truncated_answers',
])

function discardLines(captures: readonly CaptureFacts[]): string[] {
  const totals = new Map<string, number>()
  for (const { counters } of captures) {
    for (const [reason, count] of Object.entries(counters)) {
      if (!ordinary.has(reason)) totals.set(reason, (totals.get(reason) ?? 0) + count)
    }
  }
  if (totals.size === 0) return []
  const rows = [...totals]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => [reason, formatCount(count)])
  const columns = [
    { title: 'reason', align: 'left' as const },
    { title: 'count', align: 'right' as const },
  ]
  return ['Counted and set aside', ...formatTable(columns, rows)]
}
