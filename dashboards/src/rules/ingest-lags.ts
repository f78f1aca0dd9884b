import type { AlertRule } from '../alert-rule.ts'
import { nocPanel } from '../dashboards/noc-overview.ts'

/** What sensors send does not reach the warehouse in time. */
export const ingestLags: AlertRule = {
  uid: 'goldpan-ingest-lags',
  title: 'Ingest lags',
  query: 'alert-ingest-lags',
  reachSeconds: 24 * 3600,
  // Heartbeats come every minute and arrive within seconds; three minutes are no jitter.
  above: 180,
  forDuration: '2m',
  severity: 'page',
  // Nothing at all in a day: the line stands, or no sensor was ever installed.
  noDataState: 'Alerting',
  summary: 'The table {{ .Labels.table_name }} is behind',
  description:
    'Its newest row is {{ .Values.B }} seconds behind. ' +
    'Findings and panels speak of the past until it has caught up.',
  panelId: nocPanel.ingestLag,
}
