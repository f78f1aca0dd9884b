import type { Finding } from '@goldpan/core'
import { readAnalyzerExtent, type Warehouse, worstFirst, writeFindings } from '@goldpan/warehouse'
import { type AnalyzerSite, createAnalyzer } from './analyzer.ts'
import { createPrefixTable } from './prefix-table.ts'
import { readPrefixes, readWindows, summarizeExtents } from './window-reader.ts'

export interface AnalyzeOptions {
  readonly warehouse: Warehouse
  readonly service: string
  /** What is known of the sites; others than these work, too. */
  readonly sites?: readonly AnalyzerSite[]
  /** Packet times, microseconds since 1970; `toMicros` is exclusive. Default: all. */
  readonly fromMicros?: number
  readonly toMicros?: number
  readonly onProgress?: (progress: AnalyzeProgress) => void
}

export interface AnalyzeProgress {
  readonly minutesDecided: number
  readonly minutesTotal: number
}

export interface AnalyzeSummary {
  /** Worst first: pages before tickets, then by lost time. */
  readonly findings: readonly Finding[]
  readonly minutesDecided: number
  readonly prefixes: number
  readonly weight: 'queries' | 'handshakes'
}

/** 2106, the end of ClickHouse's DateTime. */
const endOfTimeMicros = (2 ** 32 - 1) * 1e6

/**
 * Walks through what the warehouse holds of a service, minute by minute, with the code that also
 * runs live; writes what it found and returns it. The same data give the same ids: doing it again
 * changes nothing.
 */
export async function analyzeWarehouse(options: AnalyzeOptions): Promise<AnalyzeSummary> {
  const { warehouse, service, fromMicros = 0, toMicros = endOfTimeMicros } = options
  const extents = await readAnalyzerExtent(warehouse, { service, fromMicros, toMicros })
  if (extents.length === 0) {
    return { findings: [], minutesDecided: 0, prefixes: 0, weight: 'queries' }
  }
  const { firstMinute, lastMinute, rows, weight } = summarizeExtents(extents)
  const table = createPrefixTable()
  const codes = extents.map(({ site }) => site)
  const known = new Map((options.sites ?? []).map((site) => [site.code, site]))
  const minutes = { firstMinute, lastMinute, fromMicros, toMicros }
  const source = { warehouse, service, table, sites: codes, rows, ...minutes }
  await readPrefixes(source)
  const sites = codes.map((code) => known.get(code) ?? { code })
  const analyzer = createAnalyzer({ service, sites, table, weight })
  let minutesDecided = 0
  for await (const window of readWindows(source)) {
    analyzer.advance(window)
    minutesDecided = window.minute - firstMinute + 1
    options.onProgress?.({ minutesDecided, minutesTotal: lastMinute - firstMinute + 1 })
  }
  analyzer.finish()
  const findings = analyzer.findings().toSorted(worstFirst)
  await writeFindings(warehouse, findings, lastMinute)
  return { findings, minutesDecided, prefixes: table.length, weight }
}
