/** What an analysis found, as text and JSON. */

export { formatFindingsText } from './findings-text.ts'
export type { CaptureFacts, Report, ReportInput, SiteRow } from './report.ts'
export { readReport } from './report.ts'
export { formatReportJson } from './report-json.ts'
export { formatReportText } from './report-text.ts'
export type { Weighted, WeightedQuantiles } from './weighted-median.ts'
export { weightedQuantiles } from './weighted-median.ts'
