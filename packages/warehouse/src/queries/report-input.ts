import { readFileSync } from 'node:fs'
import type { Warehouse } from '../warehouse.ts'

/** What a report reads: aggregates of bounded size, never rows. */

export interface ReportSpan {
  readonly service: string
  /** Packet time, microseconds since 1970, inclusive. */
  readonly fromMicros: number
  /** Exclusive. */
  readonly toMicros: number
}

/** One site and IP version. */
export interface SiteRtts {
  readonly site_code: string
  readonly version: 4 | 6
  readonly query_count: number
  readonly handshake_count: number
  /** Prefixes with a handshake that counts, with any traffic, with at least ten handshakes. */
  readonly prefixes_measured: number
  readonly prefixes_seen: number
  readonly prefixes_covered: number
  readonly queries_covered: number
  /** Median RTT in microseconds and weight of each measured prefix. */
  readonly medians: readonly (readonly [number, number])[]
}

/** One IP version, all sites together; covered: with at least ten handshakes that count. */
export interface Coverage {
  readonly version: 4 | 6
  readonly handshake_count: number
  readonly query_count: number
  readonly queries_covered: number
  readonly prefixes_seen: number
  readonly prefixes_covered: number
  readonly networks_seen: number
  readonly networks_covered: number
}

/** One network and IP version. */
export interface NetworkRtts {
  readonly asn: number
  /** Empty where no name is known. */
  readonly network_name: string
  readonly version: 4 | 6
  readonly query_count: number
  readonly handshake_count: number
  readonly prefixes_seen: number
  readonly prefixes_measured: number
  /** Code, queries, handshakes of each site, most queries first. */
  readonly site_counts: readonly (readonly [string, number, number])[]
  /** Median RTT in microseconds and weight of each measured prefix at each of its sites. */
  readonly medians: readonly (readonly [number, number])[]
}

/** RTT buckets of one site, IP version and bin of time. */
export interface BinHistogram {
  readonly site_code: string
  readonly version: 4 | 6
  /** Bins since 1970. */
  readonly bin_number: number
  /** In no order. */
  readonly buckets: readonly number[]
  readonly counts: readonly number[]
}

/** RTT buckets of one network and IP version. */
export interface NetworkHistogram {
  readonly asn: number
  readonly version: 4 | 6
  /** In no order. */
  readonly buckets: readonly number[]
  readonly counts: readonly number[]
}

const sqlOf = (name: string): string =>
  readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')

/** RTTs of every site and IP version, prefix by prefix; weights are queries or handshakes. */
export function readSiteRtts(
  warehouse: Warehouse,
  span: ReportSpan,
  byQueries: boolean,
): Promise<SiteRtts[]> {
  return warehouse.query<SiteRtts>(sqlOf('report-sites'), { ...span, byQueries })
}

/** What share of clients has enough handshakes to speak about. */
export function readCoverage(warehouse: Warehouse, span: ReportSpan): Promise<Coverage[]> {
  return warehouse.query<Coverage>(sqlOf('report-coverage'), { ...span })
}

/** The heaviest networks, heaviest first, each with one row per IP version. */
export function readNetworkRtts(
  warehouse: Warehouse,
  span: ReportSpan,
  options: { readonly byQueries: boolean; readonly networksMax: number },
): Promise<NetworkRtts[]> {
  return warehouse.query<NetworkRtts>(sqlOf('report-networks'), { ...span, ...options })
}

/** RTT histograms over time; `binSeconds` bounds how many come back. */
export function readRttHistograms(
  warehouse: Warehouse,
  span: ReportSpan,
  binSeconds: number,
): Promise<BinHistogram[]> {
  return warehouse.query<BinHistogram>(sqlOf('report-histograms'), { ...span, binSeconds })
}

/** The same of some prefixes, given by their first addresses. */
export function readPrefixHistograms(
  warehouse: Warehouse,
  span: ReportSpan,
  options: {
    readonly binSeconds: number
    readonly version: 4 | 6
    readonly prefixes: readonly string[]
  },
): Promise<BinHistogram[]> {
  return warehouse.query<BinHistogram>(sqlOf('report-finding-histograms'), {
    ...span,
    ...options,
  })
}

/** RTT histograms of some networks. */
export function readNetworkHistograms(
  warehouse: Warehouse,
  span: ReportSpan,
  asns: readonly number[],
): Promise<NetworkHistogram[]> {
  return warehouse.query<NetworkHistogram>(sqlOf('report-network-histograms'), { ...span, asns })
}

/** Names of some networks by number; those without a name are left out. */
export async function readNetworkNames(
  warehouse: Warehouse,
  asns: readonly number[],
): Promise<Map<number, string>> {
  const rows = await warehouse.query<{ asn: number; network_name: string }>(
    sqlOf('network-names'),
    { asns },
  )
  return new Map(rows.map(({ asn, network_name }) => [asn, network_name]))
}
