/** The ClickHouse contract: tables, queries, and what a warehouse can do. */

export { readFindings, readNewestMicros, worstFirst, writeFindings } from './findings.ts'
export { insertSettings } from './insert-settings.ts'
export type { Migration, MigrationVariant, NewerWarehouse } from './migrate.ts'
export {
  embeddedVariant,
  migrate,
  migrationsTable,
  readMigrations,
  readWarehouseAge,
} from './migrate.ts'
export type { MigrateServerOptions, ServerOpenError } from './open-server.ts'
export { migrateServer, openServerWarehouse } from './open-server.ts'
export type {
  AnalyzerExtent,
  AnalyzerHour,
  AnalyzerSpan,
  KnownSite,
} from './queries/analyzer-input.ts'
export {
  readAnalyzerExtent,
  readAnalyzerHandshakes,
  readAnalyzerHours,
  readAnalyzerPrefixes,
  readAnalyzerSites,
  readAnalyzerTraffic,
} from './queries/analyzer-input.ts'
export type { GrafanaQuery, GrafanaQueryName } from './queries/grafana-query.ts'
export { grafanaQueryNames, readGrafanaQuery } from './queries/grafana-query.ts'
export type { BinHistogram, NetworkHistogram, ReportSpan } from './queries/report-input.ts'
export {
  readNetworkHistograms,
  readNetworkNames,
  readPrefixHandshakes,
  readPrefixHistograms,
  readPrefixQueries,
  readRttHistograms,
  readSiteCodes,
} from './queries/report-input.ts'
export type { AnalyzerStateHead, MinuteRows, SensorProgress } from './queries/watch-input.ts'
export {
  readAnalyzerState,
  readAnalyzerStateHead,
  readMinuteRows,
  readNewestMigration,
  readSensorProgress,
  readServices,
} from './queries/watch-input.ts'
export type { BadRetention, RetainedTable, Retention } from './retention.ts'
export { applyRetention, defaultRetention, parseRetention } from './retention.ts'
export type { RolledUp } from './roll-up.ts'
export { rollUp } from './roll-up.ts'
export { rttQuantileSql } from './rtt-quantile.ts'
export type { ServerOptions, ServerTimeouts, ServerTls } from './server-connection.ts'
export type { ServerUrl } from './server-url.ts'
export { isServerUrl, parseServerUrl } from './server-url.ts'

export type { ServerKind } from './server-variant.ts'
export { clusterDatabases, serverVariant } from './server-variant.ts'
export type { Table, Warehouse } from './warehouse.ts'
export type { WarehouseErrorCode } from './warehouse-error.ts'
export { WarehouseError, warehouseErrorCodes } from './warehouse-error.ts'
export { formatWarehouseTime } from './warehouse-time.ts'
