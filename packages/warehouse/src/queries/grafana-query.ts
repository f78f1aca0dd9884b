import { readFileSync } from 'node:fs'
import { writeOutRanges } from './rtt-of-range.ts'

/** Statements of the dashboards and alert rules; each is the file of its name. */
export const grafanaQueryNames = [
  'panel-open-findings',
  'panel-open-finding-counts',
  'panel-median-rtt-by-site',
  'panel-rtt-bands',
  'panel-handshakes-by-site',
  'panel-queries-by-site',
  'panel-tcp-share',
  'panel-coverage',
  'panel-sensors-alive',
  'panel-sensors',
  'panel-heartbeats',
  'panel-sensor-counters',
  'panel-ingest-lag',
  'panel-dead-letters',
  'panel-site-findings',
  'panel-site-networks',
  'panel-site-countries',
  'annotation-findings',
  'alert-finding-page-open',
  'alert-sensor-silent',
  'alert-ingest-lags',
  'alert-analyzer-lags',
  'alert-dead-letters',
  'variable-service',
  'variable-site',
] as const
export type GrafanaQueryName = (typeof grafanaQueryNames)[number]

/**
 * A statement as Grafana holds it: with macros of its ClickHouse plugin (`$__timeFilter(time)`) and
 * variables of the dashboard (`${site:sqlstring}`), which are expanded before it is sent.
 */
export interface GrafanaQuery {
  readonly name: GrafanaQueryName
  /** Which tables it reads and what it returns, from the comment at its head. */
  readonly about: string
  readonly sql: string
}

/** Reads a statement; its comment is its description, so that a panel says which table it reads. */
export function readGrafanaQuery(name: GrafanaQueryName): GrafanaQuery {
  const text = readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')
  const lines = text.split('\n')
  const start = lines.findIndex((line) => !line.startsWith('--'))
  const about = lines.slice(0, start).map((line) => line.slice(2).trim())
  const sql = writeOutRanges(lines.slice(start).join('\n').trim())
  return { name, about: about.join(' '), sql }
}
