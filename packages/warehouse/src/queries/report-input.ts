import { readFileSync } from 'node:fs'
import type { Warehouse } from '../warehouse.ts'

/** What a report reads. */

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
