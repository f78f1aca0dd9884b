import { readFileSync } from 'node:fs'
import type { Warehouse } from '../warehouse.ts'

/** What a report reads: aggregates by prefix at most, never rows. */

export interface ReportSpan {
  readonly service: string
  /** Packet time, microseconds since 1970, inclusive. */
  readonly fromMicros: number
  /** Exclusive. */
  readonly toMicros: number
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

/** Codes of the sites that a report speaks of, in order. */
export async function readSiteCodes(warehouse: Warehouse, span: ReportSpan): Promise<string[]> {
  const sql = sqlOf('report-site-codes')
  const rows = await warehouse.query<{ site_code: string }>(sql, { ...span })
  return rows.map(({ site_code }) => site_code)
}

/**
 * Arrow stream of every prefix at each of its sites: `known_prefix` (16 bytes), `site_number`
 * (index into `sites`), `network` (0: unknown), `handshake_count`, `rtt_us` (median); in no order.
 */
export function readPrefixHandshakes(
  warehouse: Warehouse,
  span: ReportSpan,
  sites: readonly string[],
): Promise<Uint8Array> {
  return warehouse.queryArrow(sqlOf('report-prefix-handshakes'), { ...span, sites })
}

/** The same with `query_count` for the handshakes and their median. */
export function readPrefixQueries(
  warehouse: Warehouse,
  span: ReportSpan,
  sites: readonly string[],
): Promise<Uint8Array> {
  return warehouse.queryArrow(sqlOf('report-prefix-queries'), { ...span, sites })
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
