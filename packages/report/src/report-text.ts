import { formatPacketTime } from '@goldpan/core'
import { summarizeDiscards } from './counter-meaning.ts'
import { formatFindingsText } from './findings-text.ts'
import type { CoverageRow, NetworkRow, Report, SiteRow } from './report.ts'
import {
  captureWarnings,
  describeDuration,
  isUnmeasured,
  shownRtts,
  withoutNetworks,
} from './report-words.ts'
import { type HandshakeRtts, samplesMin } from './rtt-bins.ts'
import {
  formatBytes,
  formatCount,
  formatMillis,
  formatShare,
  formatSome,
  formatTable,
  printable,
  shorten,
  textColumns,
} from './text-table.ts'

/** Networks in the text; JSON and HTML have more. */
const networksShown = 10
const nameLengthMax = 20
const sitesShown = 2

/** The report for a terminal: what was read, sites, networks, coverage, and what is wrong. */
export function formatReportText(report: Report, options: { readonly colour: boolean }): string {
  const title = (text: string): string => (options.colour ? `\x1b[1m${text}\x1b[0m` : text)
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [heading(report), []],
    ['What was read', captureLines(report)],
    [`RTT by site, over prefixes weighted by their ${report.weight}`, siteLines(report.sites)],
    ['RTT by site, over handshakes', handshakeLines(report)],
    [networkTitle(report), networkLines(report)],
    ['Coverage: who has at least 10 handshakes', coverageLines(report)],
    ['Counted and set aside', discardLines(report)],
  ]
  const text = sections
    .filter(([, lines], index) => index === 0 || lines.length > 0)
    .map(([name, lines]) => [title(name), ...lines].join('\n'))
    .join('\n\n')
  return `${text}\n\n${title('What is wrong')}\n\n${findingsText(report, options.colour)}`
}

function findingsText(report: Report, colour: boolean): string {
  if (isUnmeasured(report)) return 'No handshake was measured: nothing can be said.\n'
  const { findings, networkNames, hasNetworks } = report
  const text = formatFindingsText(findings, { colour, networkNames })
  return hasNetworks ? text : `${text}${withoutNetworks}\n`
}

function heading({ service, fromMicros, toMicros }: Report): string {
  if (toMicros <= fromMicros) return `${printable(service)}: nothing was read that has a time`
  const time = (micros: number): string => `${formatPacketTime(micros).slice(0, 19)}Z`
  const duration = describeDuration(toMicros - fromMicros)
  return `${printable(service)}, ${time(fromMicros)} to ${time(toMicros)} (${duration})`
}

function captureLines({ captures }: Report): string[] {
  const titles = ['site', 'packets', 'captured', 'handshakes', 'ambiguous', 'directions']
  const rows = captures.map(({ site, packets, bytes, counters, servers }) => [
    site,
    formatSome(packets),
    formatBytes(bytes),
    formatCount(counters.handshakes ?? 0),
    formatCount(counters.ambiguous ?? 0),
    [...new Set(servers.map(({ direction }) => direction))].sort().join(', ') || '–',
  ])
  return [
    ...formatTable(textColumns(titles, ['site', 'directions']), rows),
    ...captureWarnings(captures).map(({ text }) => printable(text)),
  ]
}

const rttTitles = ['p25', 'p50', '95 % of p50', 'p75', 'p95', 'n']

function siteLines(sites: readonly SiteRow[]): string[] {
  if (sites.length === 0) return []
  const rows = sites.map(({ site, ipVersion, queries, handshakes, rtt }) => [
    site,
    `v${ipVersion}`,
    formatSome(queries),
    formatCount(handshakes),
    ...rttCells(rtt),
  ])
  return [
    ...formatTable(
      textColumns(['site', 'IP', 'queries', 'handshakes', ...rttTitles], ['site']),
      rows,
    ),
    'RTTs in ms; n is the number of prefixes.',
  ]
}

function handshakeLines({ distributions }: Report): string[] {
  if (distributions.length === 0) return []
  const rows = distributions.map(({ site, ipVersion, handshakes, p5, p25, p50, p75, p95 }) => [
    site,
    `v${ipVersion}`,
    ...(handshakes < samplesMin
      ? ['–', '–', '–', 'too few samples', '–', '–']
      : [
          formatMillis(p5),
          formatMillis(p25),
          formatMillis(p50.micros),
          `${formatMillis(p50.lowMicros)}–${formatMillis(p50.highMicros)}`,
          formatMillis(p75),
          formatMillis(p95),
        ]),
    formatCount(handshakes),
  ])
  return [
    ...formatTable(textColumns(['site', 'IP', 'p5', ...rttTitles], ['site']), rows),
    'RTTs in ms; n is the number of handshakes: a busy client counts as often as it comes.',
  ]
}

function rttCells(rtt: SiteRow['rtt'], handshakes?: HandshakeRtts | undefined): string[] {
  const shown = shownRtts(rtt, handshakes)
  if (!shown) return ['–', '–', 'too few samples', '–', '–', String(rtt?.n ?? 0)]
  return [
    formatMillis(shown.p25),
    formatMillis(shown.p50),
    `${formatMillis(shown.low)}–${formatMillis(shown.high)}`,
    formatMillis(shown.p75),
    formatMillis(shown.p95),
    shown.over === 'prefixes' ? formatCount(shown.n) : `${formatCount(shown.n)} h`,
  ]
}

const networkTitle = ({ weight }: Report): string => `Networks with most ${weight}`

function networkLines({ networks, hasNetworks, sites }: Report): string[] {
  if (networks.length === 0) {
    if (sites.length === 0) return []
    return [
      hasNetworks
        ? 'No prefix of the captures is in the networks files.'
        : 'Unknown: --networks FILE tells which prefix belongs to which AS.',
    ]
  }
  const shown = [...new Set(networks.map(({ asn }) => asn))].slice(0, networksShown)
  const rows = networks
    .filter(({ asn }) => shown.includes(asn))
    .map((row) => [
      `AS${row.asn}`,
      shorten(row.name, nameLengthMax),
      `v${row.ipVersion}`,
      formatSome(row.queries),
      formatCount(row.handshakes),
      ...rttCells(row.rtt, row.handshakeRtt),
      describeSites(row),
    ])
  const titles = ['AS', 'name', 'IP', 'queries', 'handshakes', ...rttTitles, 'sites']
  return [
    ...formatTable(textColumns(titles, ['AS', 'name', 'sites']), rows),
    'RTTs in ms; n is the number of prefixes, each once at each of its sites. ' +
      'h: too few prefixes, so over handshakes.',
  ]
}

function describeSites({ sites, queries, handshakes }: NetworkRow): string {
  const whole = queries > 0 ? queries : handshakes
  const named = sites.slice(0, sitesShown).map((site) => {
    const part = queries > 0 ? site.queries : site.handshakes
    return `${site.site} ${Math.round((100 * part) / Math.max(1, whole))} %`
  })
  const more = sites.length - named.length
  return named.join(', ') + (more > 0 ? ` +${more}` : '')
}

function coverageLines({ coverage, hasNetworks }: Report): string[] {
  if (coverage.length === 0) return []
  const cells = (part: number, whole: number): string[] => [
    formatShare(part, whole),
    whole === 0 ? '' : `of ${formatCount(whole)}`,
  ]
  const rows = coverage.map((row: CoverageRow) => [
    `v${row.ipVersion}`,
    formatCount(row.handshakes),
    ...cells(row.queriesCovered, row.queries),
    ...cells(row.prefixesCovered, row.prefixes),
    ...(hasNetworks ? cells(row.networksCovered, row.networks) : []),
  ])
  const titles = ['IP', 'handshakes', 'queries', '', 'prefixes', '']
  return formatTable(textColumns(hasNetworks ? [...titles, 'ASes', ''] : titles, []), rows)
}

function discardLines({ captures }: Report): string[] {
  const discards = summarizeDiscards(captures)
  if (discards.length === 0) return []
  return formatTable(
    textColumns(['reason', 'count', 'meaning'], ['reason', 'meaning']),
    discards.map(({ reason, count, about, kind }) => [
      reason,
      formatCount(count),
      kind === 'bound' ? `BOUND REACHED: ${about}` : about,
    ]),
  )
}
