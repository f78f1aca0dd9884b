import type { AlertRule } from '../alert-rule.ts'
import { nocPanel } from '../dashboards/noc-overview.ts'

/** What arrives is not looked at: no finding opens, and none resolves. */
export const analyzerLags: AlertRule = {
  uid: 'goldpan-analyzer-lags',
  title: 'The analyzer lags',
  query: 'alert-analyzer-lags',
  // A service that no sensor spoke of for an hour is not the analyzer's fault.
  reachSeconds: 3600,
  // A minute is decided a minute after its end at the latest; five are no jitter.
  above: 300,
  forDuration: '2m',
  severity: 'page',
  // No heartbeat arrives: goldpan-ingest-lags speaks of it, twice would be too often.
  noDataState: 'OK',
  summary: 'The analyzer of {{ .Labels.service }} is behind',
  description:
    'The last minute that it decided is {{ .Values.B }} seconds behind the heartbeats. ' +
    'What goes wrong meanwhile is not found.',
  panelId: nocPanel.openFindings,
}
