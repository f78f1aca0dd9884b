import { type GrafanaQueryName, readGrafanaQuery } from '@goldpan/warehouse'
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'

/** The datasource: panels and rules name it by this uid, the provisioning gives it. */
export const datasourceUid = 'goldpan-clickhouse'
export const datasourceType = 'grafana-clickhouse-datasource'
export const datasourceRef = { type: datasourceType, uid: datasourceUid }

/** The plugin that the statements were written for; it needs Grafana 11.6 or newer. */
export const pluginVersion = '4.20.0'

export type QueryShape = 'timeseries' | 'table'

/** The plugin's numbers of the shapes. */
const formats: Readonly<Record<QueryShape, number>> = { timeseries: 0, table: 1 }

/** A query as the plugin's SQL editor saves it. */
export interface ClickhouseQuery extends Dataquery {
  readonly refId: string
  readonly datasource: typeof datasourceRef
  readonly editorType: 'sql'
  readonly queryType: QueryShape
  readonly format: number
  readonly pluginVersion: string
  readonly rawSql: string
}

/** A statement of the warehouse as a target of a panel or a query of a rule. */
export function clickhouse(
  name: GrafanaQueryName,
  shape: QueryShape,
  refId = 'A',
): Builder<ClickhouseQuery> {
  const query = {
    refId,
    datasource: datasourceRef,
    editorType: 'sql',
    queryType: shape,
    format: formats[shape],
    pluginVersion,
    rawSql: readGrafanaQuery(name).sql,
  }
  return { build: () => query as ClickhouseQuery }
}
