import { type Finding, formatAddress, parsePrefix } from '@goldpan/core'
import {
  type Coverage,
  type NetworkHistogram,
  type NetworkRtts,
  type ReportSpan,
  readCoverage,
  readNetworkHistograms,
  readNetworkNames,
  readNetworkRtts,
  readPrefixHistograms,
  readRttHistograms,
  readSiteRtts,
  type SiteRtts,
  type Warehouse,
} from '@goldpan/warehouse'
import {
  type CaptureFacts,
  type CoverageRow,
  evidenceMax,
  type FindingEvidence,
  type NetworkRow,
  networksMax,
  type Report,
  type SitePlace,
  type SiteRow,
} from './report.ts'
import {
  chooseBinSeconds,
  handshakeRtts,
  histogramOf,
  toDistributions,
  toTimeBins,
} from './rtt-bins.ts'
import { weightedQuantiles } from './weighted-median.ts'

export interface ReportInput extends ReportSpan {
  readonly warehouse: Warehouse
  readonly weight: 'queries' | 'handshakes'
  readonly captures: readonly CaptureFacts[]
  readonly findings: readonly Finding[]
  readonly places?: readonly SitePlace[]
  /** Whether networks files were given. */
  readonly hasNetworks: boolean
}

/** Reads what a report says of a service within a span of packet time. */
export async function readReport(input: ReportInput): Promise<Report> {
  const { warehouse, service, fromMicros, toMicros, weight, captures, findings } = input
  const span = { service, fromMicros, toMicros }
  const byQueries = weight === 'queries'
  const binSeconds = chooseBinSeconds(fromMicros, toMicros)
  const sites = await readSiteRtts(warehouse, span, byQueries)
  const coverage = await readCoverage(warehouse, span)
  const networks = await readNetworkRtts(warehouse, span, { byQueries, networksMax })
  const asns = [...new Set(networks.map(({ asn }) => asn))]
  const networkHistograms = await readNetworkHistograms(warehouse, span, asns)
  const histograms = await readRttHistograms(warehouse, span, binSeconds)
  return {
    ...{ ...span, weight, captures, findings, binSeconds },
    ...{ places: input.places ?? [], hasNetworks: input.hasNetworks },
    sites: sites.map(toSiteRow),
    coverage: coverage.map(toCoverageRow),
    networks: networks.map((row) => toNetworkRow(row, networkHistograms)),
    networkNames: await readNetworkNames(warehouse, [
      ...new Set(findings.flatMap(({ scope }) => scope.asns)),
    ]),
    distributions: toDistributions(histograms),
    overTime: toTimeBins(histograms, binSeconds),
    evidence: await readEvidence(warehouse, span, findings),
  }
}

async function readEvidence(
  warehouse: Warehouse,
  span: ReportSpan,
  findings: readonly Finding[],
): Promise<FindingEvidence[]> {
  const binSeconds = chooseBinSeconds(span.fromMicros, span.toMicros)
  const evidence: FindingEvidence[] = []
  for (const { id, ip_version: version, scope } of findings.slice(0, evidenceMax)) {
    if (version === undefined || scope.prefixes.length === 0) continue
    const prefixes = scope.prefixes.flatMap((text) => {
      const prefix = parsePrefix(text)
      return prefix === undefined ? [] : [formatAddress(prefix.bytes)]
    })
    const rows = await readPrefixHistograms(warehouse, span, { binSeconds, version, prefixes })
    evidence.push({ id, bins: toTimeBins(rows, binSeconds) })
  }
  return evidence
}

const toSiteRow = (row: SiteRtts): SiteRow => ({
  site: row.site_code,
  ipVersion: row.version,
  queries: row.query_count,
  handshakes: row.handshake_count,
  prefixesMeasured: row.prefixes_measured,
  prefixesSeen: row.prefixes_seen,
  prefixesCovered: row.prefixes_covered,
  queriesCovered: row.queries_covered,
  rtt: weightedQuantiles(row.medians),
})

const toCoverageRow = (row: Coverage): CoverageRow => ({
  ipVersion: row.version,
  handshakes: row.handshake_count,
  queries: row.query_count,
  queriesCovered: row.queries_covered,
  prefixes: row.prefixes_seen,
  prefixesCovered: row.prefixes_covered,
  networks: row.networks_seen,
  networksCovered: row.networks_covered,
})

function toNetworkRow(row: NetworkRtts, histograms: readonly NetworkHistogram[]): NetworkRow {
  const histogram = histograms.find(
    ({ asn, version }) => asn === row.asn && version === row.version,
  )
  return {
    asn: row.asn,
    name: row.network_name,
    ipVersion: row.version,
    queries: row.query_count,
    handshakes: row.handshake_count,
    prefixesSeen: row.prefixes_seen,
    prefixesMeasured: row.prefixes_measured,
    rtt: weightedQuantiles(row.medians),
    handshakeRtt: histogram && handshakeRtts(histogramOf(histogram)),
    sites: row.site_counts.map(([site, queries, handshakes]) => ({ site, queries, handshakes })),
  }
}
