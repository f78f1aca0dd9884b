/** The ClickHouse contract: tables, queries, and what a warehouse can do. */

export { readFindings, worstFirst, writeFindings } from './findings.ts'
export type { Migration, NewerWarehouse } from './migrate.ts'
export { migrate, readMigrations } from './migrate.ts'
export type { AnalyzerExtent, AnalyzerSpan } from './queries/analyzer-input.ts'
export {
  readAnalyzerExtent,
  readAnalyzerHandshakes,
  readAnalyzerPrefixes,
  readAnalyzerTraffic,
} from './queries/analyzer-input.ts'
export type { ReportSpan, SiteRtts } from './queries/report-input.ts'
export { readSiteRtts } from './queries/report-input.ts'
export type { AnalyzerStateHead, MinuteRows, SensorProgress } from './queries/watch-input.ts'
export {
  readAnalyzerState,
  readAnalyzerStateHead,
  readMinuteRows,
  readSensorProgress,
  readServices,
} from './queries/watch-input.ts'
export type { Table, Warehouse } from './warehouse.ts'
export { formatWarehouseTime } from './warehouse-time.ts'
