import { formatPacketTime, type RttQuantile } from '@goldpan/core'
import { summarizeDiscards } from './counter-meaning.ts'
import type { CaptureFacts, CoverageRow, NetworkRow, Report, SiteRow } from './report.ts'
import { type Distribution, type HandshakeRtts, samplesMin, type TimeBin } from './rtt-bins.ts'
import type { WeightedQuantiles } from './weighted-median.ts'

/** The report as JSON; keys carry units, `findings` are the finding contract. */
export const formatReportJson = (report: Report): string =>
  `${JSON.stringify(documentOf(report), null, 2)}\n`

/** Reports of several services as one document: all findings, and each report whole. */
export function formatReportsJson(reports: readonly Report[]): string {
  if (reports.length === 1) return formatReportJson(reports[0]!)
  const findings = reports.flatMap((report) => report.findings)
  return `${JSON.stringify({ findings, services: reports.map(documentOf) }, null, 2)}\n`
}

function documentOf(report: Report): object {
  const { service, fromMicros, toMicros, weight, findings, binSeconds } = report
  return {
    ...{ service, from: formatPacketTime(fromMicros), to: formatPacketTime(toMicros), weight },
    captures: report.captures.map(captureJson),
    sites: report.sites.map((row) => siteJson(row, report.distributions)),
    findings,
    networks: report.networks.map(networkJson),
    coverage: report.coverage.map((row) => coverageJson(row, report.hasNetworks)),
    discards: summarizeDiscards(report.captures).map(({ reason, count }) => ({ reason, count })),
    bin_seconds: binSeconds,
    over_time: report.overTime.map(binJson),
    evidence: report.evidence.map(({ id, bins }) => ({
      finding: id,
      over_time: bins.map(binJson),
    })),
  }
}

const captureJson = ({ isTakenAtClient, servers, ...capture }: CaptureFacts): object => ({
  ...capture,
  servers: servers.map((server) => ({
    address: server.address,
    direction: server.direction,
    syns: server.syns,
    synacks: server.synacks,
    completed: server.completed,
    syn_without_synack: server.synWithoutSynack,
    synack_without_syn: server.synackWithoutSyn,
    synack_without_ack: server.synackWithoutAck,
    syn_then_ack_without_synack: server.synThenAckWithoutSynack,
  })),
  taken_at_client: isTakenAtClient,
})

/** Absent where no traffic is visible: none seen is not none there. */
const queriesJson = (queries: number): object => (queries > 0 ? { queries } : {})

const queriesCoveredJson = (queries: number, covered: number): object =>
  queries > 0 ? { queries_with_10_handshakes: covered } : {}

/** Absent where fewer than ten prefixes were measured. */
function rttJson(rtt: WeightedQuantiles | undefined): object {
  if (!rtt || rtt.n < samplesMin) return {}
  return {
    rtt_p25_us: rtt.p25,
    rtt_p50_us: rtt.p50,
    rtt_p50_low_us: rtt.low,
    rtt_p50_high_us: rtt.high,
    rtt_p75_us: rtt.p75,
    rtt_p95_us: rtt.p95,
  }
}

function siteJson(row: SiteRow, distributions: readonly Distribution[]): object {
  const distribution = distributions.find(
    ({ site, ipVersion }) => site === row.site && ipVersion === row.ipVersion,
  )
  return {
    site: row.site,
    ip_version: row.ipVersion,
    ...queriesJson(row.queries),
    handshakes: row.handshakes,
    prefixes: row.prefixesSeen,
    prefixes_measured: row.prefixesMeasured,
    prefixes_with_10_handshakes: row.prefixesCovered,
    ...queriesCoveredJson(row.queries, row.queriesCovered),
    ...rttJson(row.rtt),
    ...(distribution && distributionJson(distribution)),
  }
}

const distributionJson = (distribution: Distribution): object => ({
  ...handshakeRttJson(distribution),
  distribution: distribution.classes.map(({ fromMicros, toMicros, handshakes }) => ({
    rtt_from_us: fromMicros,
    rtt_to_us: toMicros,
    handshakes,
  })),
})

/** Absent where there are fewer than ten handshakes. */
function handshakeRttJson(rtts: HandshakeRtts | undefined): object {
  if (!rtts || rtts.handshakes < samplesMin) return {}
  return {
    handshake_rtt_p5_us: rtts.p5,
    handshake_rtt_p25_us: rtts.p25,
    ...medianJson(rtts.p50),
    handshake_rtt_p75_us: rtts.p75,
    handshake_rtt_p95_us: rtts.p95,
  }
}

const medianJson = ({ micros, lowMicros, highMicros }: RttQuantile): object => ({
  handshake_rtt_p50_us: micros,
  handshake_rtt_p50_low_us: lowMicros,
  handshake_rtt_p50_high_us: highMicros,
})

const networkJson = (row: NetworkRow): object => ({
  asn: row.asn,
  ...(row.name === '' ? {} : { name: row.name }),
  ip_version: row.ipVersion,
  ...queriesJson(row.queries),
  handshakes: row.handshakes,
  prefixes: row.prefixesSeen,
  prefixes_measured: row.prefixesMeasured,
  ...rttJson(row.rtt),
  ...handshakeRttJson(row.handshakeRtt),
  sites: row.sites.map(({ site, queries, handshakes }) => ({
    site,
    ...queriesJson(queries),
    handshakes,
  })),
})

const coverageJson = (row: CoverageRow, hasNetworks: boolean): object => ({
  ip_version: row.ipVersion,
  handshakes: row.handshakes,
  ...queriesJson(row.queries),
  ...queriesCoveredJson(row.queries, row.queriesCovered),
  prefixes: row.prefixes,
  prefixes_with_10_handshakes: row.prefixesCovered,
  ...(hasNetworks && {
    networks: row.networks,
    networks_with_10_handshakes: row.networksCovered,
  }),
})

const binJson = ({ micros, site, ipVersion, handshakes, median }: TimeBin): object => ({
  time: formatPacketTime(micros),
  site,
  ip_version: ipVersion,
  handshakes,
  ...(median && medianJson(median)),
})
