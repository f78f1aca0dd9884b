export type { Table, Warehouse } from './warehouse.ts'
export type { AnalyzerExtent, AnalyzerSpan } from './queries/analyzer-input.ts'
export {
  readAnalyzerExtent,
  readAnalyzerHandshakes,
  readAnalyzerPrefixes,
  readAnalyzerTraffic,
} from './queries/analyzer-input.ts'
