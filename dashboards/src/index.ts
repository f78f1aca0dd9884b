/** Grafana as code: datasource, dashboards and alert rules over the warehouse. */

export type { AlertRule } from './alert-rule.ts'
export { dashboards } from './dashboards.ts'
export type { PanelTime, PanelVariables } from './expand-macros.ts'
export { expandStatement } from './expand-macros.ts'
export { grafanaEnvironment, provisioningTree } from './provisioning.ts'
export { rules } from './rules.ts'
