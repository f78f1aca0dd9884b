/**
 * The finest rollups cost too much over a month: whole hours and days of a time range are read from
 * the rollups by hour and day, what is left at its ends, and what was not rolled up yet, from the
 * minutes. The rows are the same distributions, only merged further.
 */

const columns = {
  rtt_by_site: 'service, site, ip_version, time, handshakes, rtt_buckets',
  rtt_by_as: 'service, site, ip_version, asn, country, time, handshakes, rtt_buckets',
} as const

type Rollup = keyof typeof columns

/** `FROM rtt_by_site OF SLOTS`: slots of whole hours. `OF RANGE`: the range is one slot. */
const pattern = /\b(rtt_by_site|rtt_by_as) OF (SLOTS|RANGE)\b/g

/** A statement with its ranges written out. */
export function writeOutRanges(sql: string): string {
  return sql.replaceAll(pattern, (_, rollup: Rollup, kind: 'SLOTS' | 'RANGE') =>
    unionOf(rollup, kind === 'SLOTS'),
  )
}

function unionOf(rollup: Rollup, hasSlots: boolean): string {
  const days = within('Day', 86_400, hasSlots)
  const hours = within('Hour', 3600, hasSlots)
  const select = (table: string, where: string): string =>
    `SELECT ${columns[rollup]} FROM ${table} WHERE ${where}`
  const branches = [
    select(`${rollup}_1d`, days),
    select(`${rollup}_1h`, `${hours} AND NOT (${days})`),
    select(`${rollup}_1m`, `$__timeFilter(time) AND NOT (${hours}) AND NOT (${days})`),
  ]
  return `(\n    ${branches.join('\n    UNION ALL\n    ')}\n) AS rollups`
}

/** That a row's time lies in the whole hours or days of the range that are rolled up. */
function within(part: 'Hour' | 'Day', seconds: number, hasSlots: boolean): string {
  const rows = part === 'Hour' ? 'rtt_by_site_1h_rows' : 'rtt_by_site_1d_rows'
  const from = `toStartOf${part}(toDateTime($__fromTime, 'UTC') + ${seconds - 1})`
  const to = `toStartOf${part}(toDateTime($__toTime, 'UTC'))`
  const rolledUp = `(SELECT max(time) + ${seconds} FROM ${rows})`
  const fits = hasSlots ? `$__interval_s % ${seconds} = 0 AND ` : ''
  return `${fits}time >= ${from} AND time < least(${to}, ${rolledUp})`
}
