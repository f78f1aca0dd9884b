import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { nocOverview } from './dashboards/noc-overview.ts'
import { site } from './dashboards/site.ts'

/** Every dashboard by the name of its file: adding one is one file and one line here. */
export const dashboards: Readonly<Record<string, () => DashboardBuilder>> = {
  'noc-overview': nocOverview,
  site,
}
