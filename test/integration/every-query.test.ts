import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type GrafanaQueryName,
  grafanaQueryNames,
  readGrafanaQuery,
  rttQuantileSql,
  type Warehouse,
} from '@goldpan/warehouse'
import { tableFromIPC } from 'apache-arrow'
import { expandStatement } from 'grafana-dashboards-generator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzedWarehouse } from './panel-world.ts'
import { smallWorld } from './small-world.ts'

/** Every statement that is a file runs on the engine, those that are seldom needed, too. */

const folderOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const queries = folderOf('packages/warehouse/src/queries')
const questions = folderOf('docs/analyst/questions')
const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -4))
const sqlOf = (folder: string, name: string): string =>
  readFileSync(join(folder, `${name}.sql`), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'goldpan-every-query-'))
const world = smallWorld({
  hours: 1,
  queriesPerSecond: 12,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 0.5 }],
})
const fromMicros = Date.parse(world.start) * 1000
const toMicros = fromMicros + world.hours * 3600e6
let warehouse: Warehouse

beforeAll(async () => {
  warehouse = await analyzedWarehouse(world, folder)
  const seen = await warehouse.query<{ asn: number; address: string }>(
    `SELECT assumeNotNull(asn) AS asn, toString(prefix) AS address FROM handshakes
     WHERE asn IS NOT NULL AND ip_version = 4 AND excluded = '' LIMIT 50`,
  )
  samples.asns = seen.map(({ asn }) => asn)
  samples.prefixes = seen.map(({ address }) => address)
}, 120_000)
afterAll(async () => {
  await warehouse?.close()
  rmSync(folder, { recursive: true })
})

/** A value for every parameter of a statement; a new name gets one here. */
const samples: Record<string, unknown> = {
  ...{ service: world.service, fromMicros, toMicros, sinceMicros: fromMicros },
  ...{ sites: world.sites, byQueries: true, networksMax: 5, binSeconds: 600, version: 4 },
  ...{ asns: [], prefixes: [] },
  ...{ start: Math.floor(fromMicros / 86_400e6) * 86_400, untilSeconds: toMicros / 1e6 },
}

function parametersOf(sql: string): Record<string, unknown> {
  const names = [...sql.matchAll(/\{(\w+):\w/g)].map(([, name]) => name!)
  for (const name of names) expect(samples).toHaveProperty(name)
  return Object.fromEntries(names.map((name) => [name, samples[name]]))
}

const grafana = /^(panel|annotation|alert|variable)-/
const expand = (sql: string): string =>
  expandStatement(
    sql,
    { fromMillis: fromMicros / 1000, toMillis: toMicros / 1000, intervalSeconds: 300 },
    { service: [world.service], site: world.sites, ip_version: [4, 6] },
  )

/** Runs a statement as its users do; the number of rows where it returns any. */
async function run(name: string): Promise<number | undefined> {
  if (grafana.test(name)) {
    const { sql } = readGrafanaQuery(name as GrafanaQueryName)
    return (await warehouse.query(expand(sql))).length
  }
  const sql = sqlOf(queries, name)
  if (name === 'rtt-quantile') {
    const quantile = rttQuantileSql('sumMap(rtt_buckets)', '0.5')
    return (await warehouse.query(`SELECT ${quantile} FROM rtt_by_site_1m`)).length
  }
  const parameters = parametersOf(sql)
  if (/^INSERT /m.test(sql)) {
    await warehouse.command(sql, parameters)
    return undefined
  }
  if (/output_format_arrow/.test(sql)) {
    return tableFromIPC(await warehouse.queryArrow(sql, parameters)).numRows
  }
  return (await warehouse.query(sql, parameters)).length
}

/** Where nothing is live, late or lost these have no row. */
const mayBeEmpty = /dead-letters|analyzer-lags|analyzer-sites|sensor-silent|^stale-/
const ran = new Set<string>()

describe('every statement of the warehouse runs', () => {
  it.each(namesIn(queries))('%s', async (name) => {
    const rows = await run(name)
    ran.add(name)
    if (rows !== undefined && !mayBeEmpty.test(name)) expect(rows).toBeGreaterThan(0)
  })

  it('and none is left out', () => {
    expect(ran.size).toBeGreaterThanOrEqual(48)
    expect([...ran].filter((name) => grafana.test(name)).sort()).toEqual(
      [...grafanaQueryNames].sort(),
    )
  })
})

describe('every question of an analyst runs', () => {
  it.each(namesIn(questions))('%s', async (name) => {
    await warehouse.query(sqlOf(questions, name))
    ran.add(`questions/${name}`)
  })

  it('and none is left out', () => {
    const asked = [...ran].filter((name) => name.startsWith('questions/'))
    expect(asked.length).toBeGreaterThanOrEqual(20)
  })
})
