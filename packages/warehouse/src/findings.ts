import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Finding, findingSeverities, parsePacketTime } from '@goldpan/core'
import type { Warehouse } from './warehouse.ts'
import { formatWarehouseTime } from './warehouse-time.ts'

const readSql = (name: string): string =>
  readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), 'utf8')
const findingsSql = readSql('findings')
const newestMinuteSql = readSql('newest-minute')

/**
 * Writes findings as they are at a minute of packet time (since 1970); what stands there under
 * their ids is replaced, unless it is of a later minute. Writing the same again changes nothing.
 */
export async function writeFindings(
  warehouse: Warehouse,
  findings: readonly Finding[],
  minute: number,
): Promise<void> {
  if (findings.length === 0) return
  const rows = findings.map((finding) => ({
    id: finding.id,
    version: minute,
    service: finding.service,
    kind: finding.kind,
    severity: finding.severity,
    state: finding.state,
    opened: warehouseTime(finding.opened),
    resolved: finding.resolved === undefined ? null : warehouseTime(finding.resolved),
    lost_time: finding.lost_time,
    finding: JSON.stringify(finding),
  }))
  const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex')
  await warehouse.insertRows('findings', rows, `findings/${minute}/${digest}`)
}

const warehouseTime = (time: string): string => formatWarehouseTime(parsePacketTime(time) ?? 0)

/** Findings in their present state, worst first: severity, then lost time. */
export async function readFindings(
  warehouse: Warehouse,
  { service = '' }: { readonly service?: string } = {},
): Promise<Finding[]> {
  const rows = await warehouse.query<{ finding: string }>(findingsSql, { service })
  return rows.map(({ finding }) => JSON.parse(finding) as Finding).sort(worstFirst)
}

/** Where the data end, microseconds of packet time since 1970; 0 in an empty warehouse. */
export async function readNewestMicros(warehouse: Warehouse): Promise<number> {
  const rows = await warehouse.query<{ seconds: number }>(newestMinuteSql)
  return (rows[0]?.seconds ?? 0) * 1e6
}

/** Pages before tickets before notes, then by lost time. */
export function worstFirst(left: Finding, right: Finding): number {
  return (
    findingSeverities.indexOf(left.severity) - findingSeverities.indexOf(right.severity) ||
    right.lost_time - left.lost_time ||
    left.id.localeCompare(right.id)
  )
}
