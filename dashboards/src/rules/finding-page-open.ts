import type { AlertRule } from '../alert-rule.ts'
import { nocPanel } from '../dashboards/noc-overview.ts'

/** One alert per open finding that is worth waking somebody for. */
export const findingPageOpen: AlertRule = {
  uid: 'goldpan-finding-page-open',
  title: 'A finding of severity page is open',
  query: 'alert-finding-page-open',
  // Not used: a finding stays open however long ago it was opened.
  reachSeconds: 3600,
  // Each row is an open finding; its number, the lost time, may be 0 where a sensor is silent.
  above: -1,
  // The analyzer has its own persistence: three minutes of the same before it opens one.
  forDuration: '0s',
  severity: 'page',
  // No row is what a healthy service returns; goldpan-analyzer-lags tells a standing analyzer.
  noDataState: 'OK',
  summary: '{{ .Labels.kind }} at {{ .Labels.service }}',
  description:
    'Finding {{ .Labels.finding_id }} of incident {{ .Labels.incident }} is open. ' +
    'Its sentence is in the panel "Open findings, worst first".',
  panelId: nocPanel.openFindings,
}
