/**
 * Time of every statement of the dashboards and alert rules on a day of 50 M handshakes, behind a
 * month of its rollups.
 * Usage: node bench/panels.ts [millions of handshakes, default 50] [runs, default 20] [FOLDER]
 * A FOLDER is kept, and used again where it has the day already.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expandStatement } from '../dashboards/src/index.ts'
import {
  grafanaQueryNames,
  readGrafanaQuery,
  type Warehouse,
} from '../packages/warehouse/src/index.ts'
import { openEmbeddedWarehouse } from '../packages/warehouse-embedded/src/index.ts'
import { daySeconds, dayStart, fillPanelDay, fillPanelMonth, panelSites } from './panels-day.ts'

const millions = Number(process.argv[2] ?? 50)
const runs = Number(process.argv[3] ?? 20)

/** The dashboards' own time range, the day and a month, in the slots that Grafana makes of them. */
const ranges = [
  { name: '6 h', seconds: 6 * 3600, intervalSeconds: 120 },
  { name: '24 h', seconds: daySeconds, intervalSeconds: 300 },
  { name: '30 d', seconds: 30 * daySeconds, intervalSeconds: 3 * 3600 },
]

interface Timing {
  readonly name: string
  readonly range: string
  readonly rows: number
  readonly p50: number
  readonly p95: number
  readonly cpu: number
}

const oneSite = new Set<string>([
  'panel-rtt-bands',
  'panel-site-findings',
  'panel-site-networks',
  'panel-site-countries',
  'panel-sensor-counters',
])

async function time(
  warehouse: Warehouse,
  name: string,
  sql: string,
): Promise<Omit<Timing, 'range'>> {
  const { length: rows } = await warehouse.query(sql)
  const millis: number[] = []
  const { user, system } = process.cpuUsage()
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    await warehouse.query(sql)
    millis.push(performance.now() - start)
  }
  const used = process.cpuUsage({ user, system })
  millis.sort((left, right) => left - right)
  const at = (share: number): number => millis[Math.ceil(runs * share) - 1]!
  const cpu = (used.user + used.system) / 1000 / runs
  return { name, rows, p50: at(0.5), p95: at(0.95), cpu }
}

function format({ name, range, rows, p50, p95, cpu }: Timing): string {
  const { about } = readGrafanaQuery(name as never)
  const reads = /^Reads ([^.]*)\./.exec(about)![1]
  const numbers = [rows, p50.toFixed(0), p95.toFixed(0), cpu.toFixed(0)]
  return `| ${name} | ${reads} | ${range} | ${numbers.join(' | ')} |`
}

const kept = process.argv[4]
const folder = kept ?? mkdtempSync(join(tmpdir(), 'goldpan-bench-panels-'))
try {
  const opened = await openEmbeddedWarehouse({ folder })
  if (!opened.ok) throw new Error(opened.error.message)
  const warehouse = opened.value
  const [filled] = await warehouse.query<{ n: number }>('SELECT count() AS n FROM handshakes')
  if (filled!.n === 0) {
    await fillPanelDay(warehouse, millions * 1e6)
    await fillPanelMonth(warehouse)
  }
  console.log('| statement | reads | range | rows | p50 ms | p95 ms | CPU ms |')
  console.log('|---|---|---|---:|---:|---:|---:|')
  const toMillis = (dayStart + daySeconds) * 1000
  for (const name of grafanaQueryNames) {
    for (const { name: range, seconds, intervalSeconds } of ranges) {
      const sql = expandStatement(
        readGrafanaQuery(name).sql,
        { fromMillis: toMillis - seconds * 1000, toMillis, intervalSeconds },
        {
          service: ['ns1.example'],
          site: oneSite.has(name) ? [panelSites[3]!] : panelSites,
          ip_version: [4, 6],
        },
      )
      console.log(format({ ...(await time(warehouse, name, sql)), range }))
    }
  }
  await warehouse.close()
} finally {
  if (kept === undefined) rmSync(folder, { recursive: true })
}
