import { formatPacketTime } from '@goldpan/core'
import type { Report } from './report.ts'

/** The report as JSON; keys carry units, `findings` are the finding contract. */
export function formatReportJson(report: Report): string {
  const { service, fromMicros, toMicros, weight, captures, sites, findings } = report
  const document = {
    service,
    from: formatPacketTime(fromMicros),
    to: formatPacketTime(toMicros),
    weight,
    captures: captures.map(({ isTakenAtClient, ...capture }) => ({
      ...capture,
      taken_at_client: isTakenAtClient,
    })),
    sites: sites.map(({ site, ipVersion, queries, handshakes, rtt, ...counts }) => ({
      site,
      ip_version: ipVersion,
      queries,
      handshakes,
      prefixes: counts.prefixesSeen,
      prefixes_measured: counts.prefixesMeasured,
      prefixes_with_10_handshakes: counts.prefixesCovered,
      queries_with_10_handshakes: counts.queriesCovered,
      ...(rtt && {
        rtt_p25_us: rtt.p25,
        rtt_p50_us: rtt.p50,
        rtt_p50_low_us: rtt.low,
        rtt_p50_high_us: rtt.high,
        rtt_p75_us: rtt.p75,
        rtt_p95_us: rtt.p95,
      }),
    })),
    findings,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
