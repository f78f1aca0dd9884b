import type { GrafanaQueryName } from '@goldpan/warehouse'
import { clickhouse, datasourceUid } from './clickhouse.ts'
import { nocOverviewUid } from './dashboards/noc-overview.ts'

/** An alert rule in the words of this house; its statement returns texts and one number a row. */
export interface AlertRule {
  /** Stable: it identifies the rule in Grafana, and its runbook is docs/noc/<uid>.md. */
  readonly uid: string
  readonly title: string
  readonly query: GrafanaQueryName
  /** How far back `$__timeFilter` reaches, seconds. */
  readonly reachSeconds: number
  /** A row whose number is above fires. */
  readonly above: number
  /** How long it must stay above. */
  readonly forDuration: string
  readonly severity: 'page' | 'ticket'
  /** What an empty answer means; every rule says why beside it. */
  readonly noDataState: 'OK' | 'Alerting'
  readonly summary: string
  readonly description: string
  /** The panel of the NOC overview that shows more. */
  readonly panelId: number
}

/**
 * The rule as Grafana provisions it. Query → last value → threshold. Neither variables of
 * dashboards nor `$` in annotations work here: provisioning would expand them. Its page is
 * under the address `runbooks`.
 */
export function provisionRule(rule: AlertRule, runbooks: string): object {
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'C',
    data: [
      {
        refId: 'A',
        relativeTimeRange: { from: rule.reachSeconds, to: 0 },
        datasourceUid,
        model: { ...clickhouse(rule.query, 'table').build(), intervalMs: 60_000 },
      },
      expression('B', { type: 'reduce', expression: 'A', reducer: 'last' }),
      expression('C', {
        type: 'threshold',
        expression: 'B',
        conditions: [{ evaluator: { type: 'gt', params: [rule.above] } }],
      }),
    ],
    noDataState: rule.noDataState,
    // A warehouse that does not answer is an alert of its own, with the error's text.
    execErrState: 'Error',
    for: rule.forDuration,
    dashboardUid: nocOverviewUid,
    panelId: rule.panelId,
    annotations: {
      summary: rule.summary,
      description: rule.description,
      runbook_url: `${runbooks}/${rule.uid}`,
    },
    labels: { severity: rule.severity, team: 'noc', product: 'goldpan' },
    isPaused: false,
  }
}

const expression = (refId: string, model: object): object => ({
  refId,
  relativeTimeRange: { from: 0, to: 0 },
  datasourceUid: '__expr__',
  model: { refId, datasource: { type: '__expr__', uid: '__expr__' }, ...model },
})
