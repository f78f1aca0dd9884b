import { err, ok, type Result } from '@goldpan/core'
import type { Warehouse } from './warehouse.ts'

/** Days that rows are kept, by table; undefined: for ever. */
export type Retention = Readonly<Record<RetainedTable, number | undefined>>

/** Tables whose rows go by age, and the expression of their time. */
const times = {
  handshakes: 'toDateTime(time)',
  traffic: 'minute',
  sensor_status: 'toDateTime(time)',
  dead_letters: 'toDateTime(time)',
  rtt_by_site_1m: 'time',
  rtt_by_as_1m: 'time',
  traffic_by_site_1m: 'time',
  rtt_by_prefix_1h: 'time',
  rtt_by_site_1h: 'time',
  rtt_by_as_1h: 'time',
  rtt_by_site_1d: 'time',
  rtt_by_as_1d: 'time',
} as const

export type RetainedTable = keyof typeof times

/** What a live warehouse keeps unless told otherwise. */
export const defaultRetention: Retention = {
  handshakes: 30,
  traffic: 14,
  sensor_status: 90,
  dead_letters: 30,
  rtt_by_site_1m: 90,
  rtt_by_as_1m: 30,
  traffic_by_site_1m: 90,
  rtt_by_prefix_1h: 400,
  rtt_by_site_1h: 800,
  rtt_by_as_1h: 400,
  rtt_by_site_1d: undefined,
  rtt_by_as_1d: undefined,
}

export interface BadRetention {
  readonly code: 'BAD_RETENTION'
  readonly message: string
}

/** Reads `default`, `none`, or `TABLE=30d,TABLE=none` beside the defaults. */
export function parseRetention(text: string): Result<Retention, BadRetention> {
  const retention: Record<string, number | undefined> = { ...defaultRetention }
  for (const part of text.split(',')) {
    if (part === 'default') continue
    if (part === 'none') {
      for (const table of Object.keys(retention)) retention[table] = undefined
      continue
    }
    const [, table = '', days] = /^(\w+)=(none|[1-9]\d{0,4}d)$/.exec(part) ?? []
    if (days === undefined || !(table in times)) {
      return err({
        code: 'BAD_RETENTION',
        message:
          `${part} is no retention: write TABLE=DAYSd or TABLE=none, ` +
          `with a table out of ${Object.keys(times).join(', ')}`,
      })
    }
    retention[table] = days === 'none' ? undefined : Number(days.slice(0, -1))
  }
  return ok(retention as Retention)
}

/**
 * Makes a live warehouse forget rows by the age of their packet time; whole parts go at once. An
 * analysis of old captures must not ask for it. What is so already is left alone.
 */
export async function applyRetention(
  warehouse: Warehouse,
  retention: Retention,
  cluster?: string,
): Promise<string[]> {
  const rows = await warehouse.query<{ name: string; definition: string }>(
    `SELECT name, engine_full AS definition FROM system.tables
     WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
  )
  const engines = new Map(rows.map(({ name, definition }) => [name, definition]))
  const changed: string[] = []
  for (const [table, time] of Object.entries(times)) {
    const name = engines.has(`${table}_rows`) ? `${table}_rows` : table
    const engine = engines.get(name)
    const days = retention[table as RetainedTable]
    if (engine === undefined || daysOf(engine) === days) continue
    const target = cluster ? `${name} ON CLUSTER ${cluster}` : name
    await warehouse.command(
      days === undefined
        ? `ALTER TABLE ${target} REMOVE TTL`
        : `ALTER TABLE ${target} MODIFY TTL ${time} + INTERVAL ${days} DAY`,
    )
    changed.push(table)
  }
  return changed
}

function daysOf(engine: string): number | undefined {
  const match = / TTL .*?toIntervalDay\((\d+)\)/.exec(engine)
  return match ? Number(match[1]) : undefined
}
