import type { Finding } from '@goldpan/core'
import { type ReportSpan, readSiteRtts, type Warehouse } from '@goldpan/warehouse'
import { type WeightedQuantiles, weightedQuantiles } from './weighted-median.ts'

/** What the captures of one site were. */
export interface CaptureFacts {
  readonly site: string
  readonly packets: number
  readonly bytes: number
  /** Handshakes, discards and bounds reached, by reason. */
  readonly counters: Readonly<Record<string, number>>
  /** Directions seen of each server address. */
  readonly servers: readonly { readonly address: string; readonly direction: string }[]
  readonly isTakenAtClient: boolean
  /** Damaged files, one sentence each. */
  readonly damages: readonly string[]
  readonly notes: readonly string[]
}

/** One site and IP version; RTTs in microseconds, over prefixes by weight. */
export interface SiteRow {
  readonly site: string
  readonly ipVersion: 4 | 6
  readonly queries: number
  readonly handshakes: number
  readonly prefixesMeasured: number
  readonly prefixesSeen: number
  readonly prefixesCovered: number
  readonly queriesCovered: number
  readonly rtt: WeightedQuantiles | undefined
}

export interface Report {
  readonly service: string
  /** Packet times, microseconds since 1970. */
  readonly fromMicros: number
  readonly toMicros: number
  /** What prefixes are weighted by: handshakes where no capture shows UDP queries. */
  readonly weight: 'queries' | 'handshakes'
  readonly captures: readonly CaptureFacts[]
  readonly sites: readonly SiteRow[]
  readonly findings: readonly Finding[]
}

export interface ReportInput extends ReportSpan {
  readonly warehouse: Warehouse
  readonly weight: 'queries' | 'handshakes'
  readonly captures: readonly CaptureFacts[]
  readonly findings: readonly Finding[]
}

/** Reads what a report says of a service within a span of packet time. */
export async function readReport(input: ReportInput): Promise<Report> {
  const { warehouse, service, fromMicros, toMicros, weight } = input
  const span = { service, fromMicros, toMicros }
  const sites = await readSiteRtts(warehouse, span, weight === 'queries')
  return {
    ...span,
    weight,
    captures: input.captures,
    findings: input.findings,
    sites: sites.map((row) => ({
      site: row.site_code,
      ipVersion: row.version,
      queries: row.query_count,
      handshakes: row.handshake_count,
      prefixesMeasured: row.prefixes_measured,
      prefixesSeen: row.prefixes_seen,
      prefixesCovered: row.prefixes_covered,
      queriesCovered: row.queries_covered,
      rtt: weightedQuantiles(row.medians),
    })),
  }
}
