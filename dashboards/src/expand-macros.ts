/** What Grafana and its ClickHouse plugin make of a statement before it is sent. */

export interface PanelTime {
  /** Start and end of the time range, milliseconds since 1970. */
  readonly fromMillis: number
  readonly toMillis: number
  /** Width of one slot, seconds. */
  readonly intervalSeconds: number
}

/** Values of the dashboard's variables. */
export type PanelVariables = Readonly<Record<string, readonly (string | number)[]>>

/** Variables first, as the browser does, then the macros, as the plugin's backend does. */
export function expandStatement(
  sql: string,
  time: PanelTime,
  variables: PanelVariables = {},
): string {
  return expandMacros(expandVariables(sql, variables), time)
}

const variablePattern = /\$\{(\w+):(sqlstring|csv)\}/g

function expandVariables(sql: string, variables: PanelVariables): string {
  return sql.replaceAll(variablePattern, (_, name: string, format: string) => {
    const values = variables[name]
    if (!values) throw new Error(`the statement needs the variable ${name}`)
    return format === 'csv' ? values.join(',') : values.map(toSqlString).join(',')
  })
}

const toSqlString = (value: string | number): string => `'${String(value).replaceAll("'", "''")}'`

const macroPattern = /\$__(timeFilter|timeInterval|fromTime|toTime|interval_s)\b(?:\(([^()]*)\))?/g

function expandMacros(sql: string, { fromMillis, toMillis, intervalSeconds }: PanelTime): string {
  const from = `toDateTime(${Math.floor(fromMillis / 1000)})`
  const to = `toDateTime(${Math.floor(toMillis / 1000)})`
  const seconds = Math.max(Math.floor(intervalSeconds), 1)
  const expanded = sql.replaceAll(macroPattern, (_, macro: string, argument?: string) => {
    switch (macro) {
      case 'timeFilter':
        return `${argument} >= ${from} AND ${argument} <= ${to}`
      case 'timeInterval':
        return `toStartOfInterval(toDateTime(${argument}), INTERVAL ${seconds} second)`
      case 'fromTime':
        return from
      case 'toTime':
        return to
      default:
        return String(seconds)
    }
  })
  const left = /\$(?:__\w+|\{\w+[^}]*\})/.exec(expanded)
  if (left) throw new Error(`the statement has a macro that is not expanded here: ${left[0]}`)
  return expanded
}
