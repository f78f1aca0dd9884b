import { type Finding, formatAddress, parsePrefix } from '@goldpan/core'
import {
  type NetworkHistogram,
  type ReportSpan,
  readNetworkHistograms,
  readNetworkNames,
  readPrefixHandshakes,
  readPrefixHistograms,
  readPrefixQueries,
  readRttHistograms,
  readSiteCodes,
  type Warehouse,
} from '@goldpan/warehouse'
import { type NetworkSums, sumCoverage, sumNetworks, sumSites } from './prefix-sums.ts'
import { joinTotals } from './prefix-totals.ts'
import {
  type CaptureFacts,
  evidenceMax,
  type FindingEvidence,
  type NetworkRow,
  networksMax,
  type Report,
  type SitePlace,
} from './report.ts'
import {
  chooseBinSeconds,
  handshakeRtts,
  histogramOf,
  toDistributions,
  toTimeBins,
} from './rtt-bins.ts'

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
  const codes = await readSiteCodes(warehouse, span)
  const totals = joinTotals(
    await readPrefixHandshakes(warehouse, span, codes),
    await readPrefixQueries(warehouse, span, codes),
  )
  const networks = sumNetworks(totals, codes, { byQueries, networksMax })
  const asns = [...new Set(networks.map(({ asn }) => asn))]
  const names = await readNetworkNames(warehouse, asns)
  const networkHistograms = await readNetworkHistograms(warehouse, span, asns)
  const histograms = await readRttHistograms(warehouse, span, binSeconds)
  return {
    ...{ ...span, weight, captures, findings, binSeconds },
    ...{ places: input.places ?? [], hasNetworks: input.hasNetworks },
    sites: sumSites(totals, codes, byQueries),
    coverage: sumCoverage(totals),
    networks: networks.map((sums) => toNetworkRow(sums, names, networkHistograms)),
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

function toNetworkRow(
  sums: NetworkSums,
  names: ReadonlyMap<number, string>,
  histograms: readonly NetworkHistogram[],
): NetworkRow {
  const histogram = histograms.find(
    ({ asn, version }) => asn === sums.asn && version === sums.ipVersion,
  )
  return {
    ...sums,
    name: names.get(sums.asn) ?? '',
    handshakeRtt: histogram && handshakeRtts(histogramOf(histogram)),
  }
}
