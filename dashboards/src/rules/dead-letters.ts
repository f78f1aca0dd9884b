import type { AlertRule } from '../alert-rule.ts'
import { nocPanel } from '../dashboards/noc-overview.ts'

/** The estimator met messages that it could not take. */
export const deadLetters: AlertRule = {
  uid: 'goldpan-dead-letters',
  title: 'Messages cannot be taken',
  query: 'alert-dead-letters',
  reachSeconds: 3600,
  above: 0,
  forDuration: '0s',
  // The line goes on and the messages are kept whole: it can wait for the day.
  severity: 'ticket',
  // No row means that every message of the last hour could be taken.
  noDataState: 'OK',
  summary: 'Messages of {{ .Labels.topic }} cannot be taken: {{ .Labels.reason }}',
  description: '{{ .Values.B }} messages of the last hour are in the table dead_letters.',
  panelId: nocPanel.deadLetters,
}
