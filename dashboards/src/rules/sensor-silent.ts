import type { AlertRule } from '../alert-rule.ts'
import { nocPanel } from '../dashboards/noc-overview.ts'

/** One alert per sensor that stopped while others go on. */
export const sensorSilent: AlertRule = {
  uid: 'goldpan-sensor-silent',
  title: 'A sensor is silent',
  query: 'alert-sensor-silent',
  // A sensor that was taken away stops being missed after a day.
  reachSeconds: 24 * 3600,
  // Sensors speak every minute; five minutes are four missed heartbeats and the line's own delay.
  above: 300,
  forDuration: '1m',
  severity: 'page',
  // No heartbeat of any sensor in a day: the worst case of a silent sensor, not a missing problem.
  noDataState: 'Alerting',
  summary: 'Sensor {{ .Labels.sensor }} of site {{ .Labels.site }} is silent',
  description:
    'It is {{ .Values.B }} seconds behind the newest heartbeat of all sensors. ' +
    'Its clients are seen nowhere until it is back.',
  panelId: nocPanel.sensors,
}
