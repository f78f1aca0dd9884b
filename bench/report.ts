/**
 * What the report of an analysis costs beside the analysis: CPU seconds of each query and of each
 * form, on a warehouse that `goldpan analyze` filled.
 * Usage: node bench/report.ts WAREHOUSE SERVICE FROM TO (RFC 3339)
 */

import { parsePacketTime } from '@goldpan/core'
import { formatReportHtml, formatReportJson, formatReportText, readReport } from '@goldpan/report'
import {
  readFindings,
  readPrefixHandshakes,
  readPrefixQueries,
  readRttHistograms,
  readSiteCodes,
} from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'

const [folder, service, from, to] = process.argv.slice(2)
if (!folder || !service || !from || !to) {
  console.error('usage: node bench/report.ts WAREHOUSE SERVICE FROM TO')
  process.exit(2)
}
const opened = await openEmbeddedWarehouse({ folder })
if (!opened.ok) throw new Error(opened.error.message)
const warehouse = opened.value
const span = { service, fromMicros: parsePacketTime(from)!, toMicros: parsePacketTime(to)! }

async function measure<Value>(name: string, work: () => Promise<Value> | Value): Promise<Value> {
  const before = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(before)
  console.log(`${name.padEnd(14)} ${((user + system) / 1e6).toFixed(2)} s CPU`)
  return value
}

const codes = await measure('site codes', () => readSiteCodes(warehouse, span))
await measure('handshakes', () => readPrefixHandshakes(warehouse, span, codes))
await measure('queries', () => readPrefixQueries(warehouse, span, codes))
await measure('histograms', () => readRttHistograms(warehouse, span, 1800))
const findings = await readFindings(warehouse, { service })
const report = await measure('whole report', () =>
  readReport({
    ...{ ...span, warehouse, weight: 'handshakes', captures: [], findings, hasNetworks: true },
  }),
)
await measure('as text', () => formatReportText(report, { colour: false }))
await measure('as JSON', () => formatReportJson(report))
await measure('as a page', () => formatReportHtml(report))
await warehouse.close()
