import { type GrafanaQueryName, readGrafanaQuery } from '@goldpan/warehouse'
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { datasourceRef } from './clickhouse.ts'

/** What the user chooses at the top of a dashboard; statements take it as `${name:sqlstring}`. */

const fromQuery = (name: string, query: GrafanaQueryName): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .datasource(datasourceRef)
    .query(readGrafanaQuery(query).sql)
    .refresh(VariableRefresh.OnDashboardLoad)

const all = { text: ['All'], value: ['$__all'] }

/** One service. */
export const serviceVariable = (): QueryVariableBuilder => fromQuery('service', 'variable-service')

/** Any of the service's sites, at first all. */
export const sitesVariable = (): QueryVariableBuilder =>
  fromQuery('site', 'variable-site').multi(true).includeAll(true).current(all)

/** One site of the service. */
export const siteVariable = (): QueryVariableBuilder => fromQuery('site', 'variable-site')

/** IPv4, IPv6 or both, at first both. */
export const ipVersionVariable = (): CustomVariableBuilder =>
  new CustomVariableBuilder('ip_version')
    .label('IP version')
    .values('4,6')
    .multi(true)
    .includeAll(true)
    .current(all)
