/** What an analysis found, as text, JSON and one page. */

export type { CounterMeaning, Discard } from './counter-meaning.ts'
export { counterMeanings, summarizeDiscards } from './counter-meaning.ts'
export { formatFindingsText } from './findings-text.ts'
export { formatReportHtml } from './html/report-html.ts'
export type { ReportInput } from './read-report.ts'
export { readReport } from './read-report.ts'
export type { CaptureFacts, Report, SitePlace, SiteRow } from './report.ts'
export { formatReportJson, formatReportsJson } from './report-json.ts'
export { formatReportText } from './report-text.ts'
export type { WeightedQuantiles } from './weighted-median.ts'
export { weightedQuantiles } from './weighted-median.ts'
