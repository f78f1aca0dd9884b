import { readFileSync } from 'node:fs'
import type { Warehouse } from '../warehouse.ts'

/** What the analyzer reads: the extent first, then prefixes, then rows span by span. */

export interface AnalyzerSpan {
  readonly service: string
  /** Packet time, microseconds since 1970, inclusive. */
  readonly fromMicros: number
  /** Exclusive. */
  readonly toMicros: number
}

/** What one site has within a span. Minutes are minutes since 1970. */
export interface AnalyzerExtent {
  readonly site: string
  /** Handshakes that count. */
  readonly handshakes: number
  /** Rows of prefixes and minutes. */
  readonly traffic: number
  /** Those of them that count UDP queries. */
  readonly counted: number
  readonly firstMinute: number
  readonly lastMinute: number
}

const sqlOf = (name: string): string =>
  readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')

/** The extent of a service, by site code. */
export function readAnalyzerExtent(
  warehouse: Warehouse,
  span: AnalyzerSpan,
): Promise<AnalyzerExtent[]> {
  return warehouse.query<AnalyzerExtent>(sqlOf('analyzer-extent'), { ...span })
}

/** An hour that has rows. */
export interface AnalyzerHour {
  /** Hours since 1970. */
  readonly hour: number
  readonly rows: number
}

/** The hours that have rows, in order. */
export function readAnalyzerHours(
  warehouse: Warehouse,
  span: AnalyzerSpan,
): Promise<AnalyzerHour[]> {
  return warehouse.query<AnalyzerHour>(sqlOf('analyzer-hours'), { ...span })
}

/** Arrow stream of `prefix` (16 bytes), `asn` (0: unknown), `country` ('': unknown). */
export function readAnalyzerPrefixes(
  warehouse: Warehouse,
  span: AnalyzerSpan,
): Promise<Uint8Array> {
  return warehouse.queryArrow(sqlOf('analyzer-prefixes'), { ...span })
}

/** Arrow stream of `minute_number`, `site_number` (index into `sites`), `prefix`, `rtt_us`. */
export function readAnalyzerHandshakes(
  warehouse: Warehouse,
  span: AnalyzerSpan,
  sites: readonly string[],
): Promise<Uint8Array> {
  return warehouse.queryArrow(sqlOf('analyzer-handshakes'), { ...span, sites })
}

/** Arrow stream of `minute_number`, `site_number`, `known_prefix`, `queries` (UDP and TCP). */
export function readAnalyzerTraffic(
  warehouse: Warehouse,
  span: AnalyzerSpan,
  sites: readonly string[],
): Promise<Uint8Array> {
  return warehouse.queryArrow(sqlOf('analyzer-traffic'), { ...span, sites })
}

/** What is known of a site; absent where the operator's file did not say it. */
export interface KnownSite {
  readonly code: string
  readonly reach?: string
  readonly families?: string
}

/** The sites that the operator named. */
export function readAnalyzerSites(warehouse: Warehouse): Promise<KnownSite[]> {
  return warehouse.query<KnownSite>(sqlOf('analyzer-sites'))
}
