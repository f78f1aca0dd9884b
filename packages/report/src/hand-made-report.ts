import type { Finding } from '@goldpan/core'
import type { Report } from './report.ts'
import { chooseBinSeconds, handshakeRtts, toDistributions, toTimeBins } from './rtt-bins.ts'

/**
 * A small report for tests: two sites, two networks, one finding, and names that try to break out
 * of whatever they are printed into.
 */

export const evilName = `<script>alert("x")</script>'&\u001b[31m`

const start = 1_767_225_600e6
const end = start + 6 * 3600e6
const binSeconds = chooseBinSeconds(start, end)

const buckets = [400, 440, 470, 480]
const rows = (['ams', 'sin'] as const).flatMap((site, number) =>
  ([4, 6] as const).flatMap((version) =>
    [0, 1, 2, 20, 30].map((bin) => ({
      site_code: site,
      version,
      bin_number: start / 1e6 / binSeconds + bin,
      buckets: buckets.map((bucket) => bucket + number * 8),
      counts: [3, 5 + bin, version, 1],
    })),
  ),
)

const finding: Finding = {
  id: '00c0ffee00c0ffee',
  incident: 'incident-1',
  kind: 'detour_by_site',
  severity: 'page',
  state: 'open',
  service: 'ns1.example',
  ip_version: 4,
  scope: { asns: [64_496], countries: ['TR'], prefixes: ['192.0.2.0/24'] },
  site_from: 'ams',
  site_to: 'sin',
  standing: false,
  onset: '2026-01-01T03:00:00.000000Z',
  opened: '2026-01-01T03:10:00.000000Z',
  samples: 48,
  prefixes_measured: 3,
  rtt_before_us: 41_000,
  rtt_now_us: 158_000,
  rtt_possible_us: 41_000,
  possible_source: 'history',
  queries_per_second: 0.23,
  weight: 'queries',
  excess_ms: 117,
  lost_time: 26.91,
  sentence: `Clients of ${evilName} moved from ams to sin.`,
}

const rtt = { p25: 9000, p50: 20_000, p75: 41_000, p95: 99_000, low: 12_000, high: 30_000, n: 12 }

const server = {
  ...{ address: '198.51.100.53', direction: 'both', syns: 90, synacks: 88, completed: 80 },
  ...{ synWithoutSynack: 2, synackWithoutSyn: 0, synackWithoutAck: 8 },
  synThenAckWithoutSynack: 0,
}

const capture = (site: string) => ({
  ...{ site, packets: 1_234_567, bytes: 98_765_432, servers: [server], isTakenAtClient: false },
  counters: { handshakes: 1300, syns: 1400, ambiguous: 7, expired: 90 },
  ...{ damages: [], notes: [] },
})

const sites = (['ams', 'sin'] as const).flatMap((site) =>
  ([4, 6] as const).map((ipVersion) => ({
    ...{ site, ipVersion, queries: site === 'ams' ? 9000 : 4000, handshakes: 650 },
    ...{ prefixesMeasured: 12, prefixesSeen: 14, prefixesCovered: 11, queriesCovered: 3900 },
    rtt: ipVersion === 4 ? rtt : { ...rtt, n: 4 },
  })),
)

const handshakes = handshakeRtts(new Map(buckets.map((bucket) => [bucket, 20])))

const networks = ([4, 6] as const).flatMap((ipVersion) =>
  [64_496, 64_497].map((asn) => ({
    ...{ asn, name: asn === 64_496 ? evilName : '', ipVersion, queries: 5000, handshakes: 80 },
    ...{ prefixesSeen: 4, prefixesMeasured: 4, rtt: { ...rtt, n: 4 }, handshakeRtt: handshakes },
    sites: [
      { site: 'ams', queries: 3000, handshakes: 60 },
      { site: 'sin', queries: 2000, handshakes: 20 },
    ],
  })),
)

/** The report, with what a test wants otherwise. */
export function handMadeReport(changes: Partial<Report> = {}): Report {
  return {
    ...{ service: 'ns1.example', fromMicros: start, toMicros: end, weight: 'queries' },
    captures: [capture('ams'), capture('sin')],
    places: [{ code: 'ams', city: evilName, country: 'NL' }],
    hasNetworks: true,
    sites,
    findings: [finding],
    coverage: ([4, 6] as const).map((ipVersion) => ({
      ...{ ipVersion, handshakes: 1300, queries: 13_000, queriesCovered: 12_990 },
      ...{ prefixes: 28, prefixesCovered: 22, networks: 2, networksCovered: 2 },
    })),
    networks,
    networkNames: new Map([[64_496, evilName]]),
    distributions: toDistributions(rows),
    binSeconds,
    overTime: toTimeBins(rows, binSeconds),
    evidence: [{ id: finding.id, bins: toTimeBins(rows.slice(0, 5), binSeconds) }],
    ...changes,
  }
}

/** What is left of it when nothing could be measured. */
export const emptyReport = (): Report =>
  handMadeReport({
    ...{ fromMicros: 0, toMicros: 0, sites: [], findings: [], coverage: [], networks: [] },
    ...{ distributions: [], overTime: [], evidence: [], hasNetworks: false, places: [] },
    captures: [{ ...capture('ams'), packets: 0, bytes: 0, counters: {}, servers: [] }],
  })
