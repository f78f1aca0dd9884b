import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  clusterDatabases,
  embeddedVariant,
  type Migration,
  migrate,
  migrationsTable,
  readMigrations,
  type ServerKind,
  serverVariant,
  type Warehouse,
} from '@goldpan/warehouse'
import { afterAll, describe, expect, it } from 'vitest'
import { createEmbedded } from './embedded-warehouse.ts'
import { openEngine } from './engine.ts'

const scratch = mkdtempSync(join(tmpdir(), 'goldpan-migrations-'))
const migrations = readMigrations()

afterAll(() => rmSync(scratch, { recursive: true }))

/** A warehouse in a folder of its own, without any migration. */
async function onEmptyWarehouse<Value>(work: (warehouse: Warehouse) => Promise<Value>) {
  const engine = await openEngine(mkdtempSync(join(scratch, 'state-')))
  const warehouse = createEmbedded(engine, () => engine.close(), [])
  try {
    return await work(warehouse)
  } finally {
    await warehouse.close()
  }
}

const schemaOf = (warehouse: Warehouse) =>
  warehouse.query(
    `SELECT name, engine, replaceRegexpAll(create_table_query, '\\\\s+', ' ') AS statement
     FROM system.tables WHERE database = currentDatabase() ORDER BY name`,
  )

/** What a warehouse in use holds, as far as its tables are there. */
async function fill(warehouse: Warehouse): Promise<void> {
  const tables = await warehouse.query<{ name: string }>(
    `SELECT name FROM system.tables
     WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
  )
  const has = (table: string): boolean => tables.some(({ name }) => name === table)
  if (has('handshakes')) {
    const row = {
      ...{ service: 'ns1', site: 'ams', sensor: 's', time: '2026-01-01 10:00:00.000001' },
      ...{ prefix: '::ffff:192.0.2.0', ip_version: 4, server: '::ffff:198.51.100.1' },
      ...{ server_port: 53, rtt_us: 20_000, synack_retransmissions: 0, flags: 0, excluded: '' },
      ...{ method: 'handshake', asn: 64_500, country: 'NL' },
    }
    await warehouse.insertRows('handshakes', [row, { ...row, rtt_us: 30_000 }], 'rows')
  }
  if (has('networks')) {
    await warehouse.insertRows('networks', [{ asn: 64_500, name: 'Example Net' }], 'names')
  }
}

describe('migrations', () => {
  it('are numbered, each number once', () => {
    const numbers = migrations.map(({ number }) => number)
    expect(numbers[0]).toBe(1)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it('lead from every older state to the same tables and keep their rows', async () => {
    const wanted = await onEmptyWarehouse(async (warehouse) => {
      await migrate(warehouse, migrations)
      return schemaOf(warehouse)
    })
    for (let state = 0; state <= migrations.length; state++) {
      await onEmptyWarehouse(async (warehouse) => {
        expect(await migrate(warehouse, migrations.slice(0, state))).toMatchObject({ ok: true })
        await fill(warehouse)
        const applied = await migrate(warehouse, migrations)
        const rest = migrations.slice(state).map(({ number }) => number)
        expect(applied).toEqual({ ok: true, value: rest })
        expect(await schemaOf(warehouse)).toEqual(wanted)
        const [row] = await warehouse.query<Record<string, number>>(
          `SELECT (SELECT toUInt32(count()) FROM handshakes) AS raw,
                  (SELECT toUInt32(count()) FROM entrada2) AS entrada`,
        )
        expect(row).toEqual(state >= 1 ? { raw: 2, entrada: 2 } : { raw: 0, entrada: 0 })
      })
    }
  })

  it('do no harm when run again, by two at once, or after a kill in the middle', async () => {
    await onEmptyWarehouse(async (warehouse) => {
      await migrate(warehouse, migrations)
      await fill(warehouse)
      const before = await schemaOf(warehouse)
      const again = async (): Promise<void> => {
        for (const statement of migrations.flatMap(embeddedVariant)) {
          await warehouse.command(statement)
        }
      }
      await Promise.all([again(), again()])
      expect(await schemaOf(warehouse)).toEqual(before)
      await warehouse.command('TRUNCATE TABLE migrations')
      await Promise.all([migrate(warehouse, migrations), migrate(warehouse, migrations)])
      expect(await warehouse.query('SELECT toUInt32(count()) AS n FROM handshakes')).toEqual([
        { n: 2 },
      ])
      const sites = 'SELECT toUInt32(sum(handshakes)) AS n FROM rtt_by_site_1m'
      expect(await warehouse.query(sites)).toEqual([{ n: 2 }])
    })
  })

  it('document every column of every table and view', async () => {
    const undocumented = await onEmptyWarehouse(async (warehouse) => {
      await migrate(warehouse, migrations)
      return warehouse.query(
        `SELECT concat(table, '.', name) AS name FROM system.columns
         WHERE database = currentDatabase() AND comment = ''
           AND table NOT LIKE '%_feed' AND table NOT LIKE '%_dictionary'`,
      )
    })
    expect(undocumented).toEqual([])
  })

  it('give raw rows and every rollup the same window of deduplication', async () => {
    const windows = await onEmptyWarehouse(async (warehouse) => {
      await migrate(warehouse, migrations)
      return warehouse.query<{ window: string }>(
        `SELECT DISTINCT
           extract(engine_full, 'non_replicated_deduplication_window = (\\\\d+)') AS window
         FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
           AND name NOT IN ('migrations', 'sites', 'networks', 'as_groups')`,
      )
    })
    expect(windows).toEqual([{ window: '10000' }])
  })

  it('have names of ASes and places of sites in dictionaries', async () => {
    await onEmptyWarehouse(async (warehouse) => {
      await migrate(warehouse, migrations)
      await fill(warehouse)
      await warehouse.insertRows('sites', [{ code: 'ams', city: 'Amsterdam', country: 'NL' }], 's')
      const rows = await warehouse.query(
        `SELECT ip_src, ip_dst, ip_asn, ip_asn_org, tcp_rtt, server_location,
                dictGet('site_dictionary', 'city', server_location) AS city
         FROM entrada2 ORDER BY tcp_rtt LIMIT 1`,
      )
      expect(rows).toEqual([
        {
          ...{ ip_src: '192.0.2.0', ip_dst: '198.51.100.1', ip_asn: '64500' },
          ...{ ip_asn_org: 'Example Net', tcp_rtt: 20, server_location: 'ams', city: 'Amsterdam' },
        },
      ])
    })
  })
})

const kinds: Readonly<Record<string, ServerKind>> = {
  'a server without a Keeper': { database: 'default', replication: undefined },
  'a server with a Keeper': {
    database: 'default',
    replication: { path: '/clickhouse/tables/{shard}/default/{table}', replica: '{replica}' },
  },
  'a cluster': {
    database: 'default',
    cluster: 'anycast',
    replication: { path: '/clickhouse/tables/{shard}/default/{table}', replica: '{replica}' },
  },
}

describe.each(Object.entries(kinds))('the migrations for %s (not executed here)', (_, kind) => {
  const variant = serverVariant(kind)
  const statements = (migration: Migration): readonly string[] => variant(migration)
  const all = [...clusterDatabases(kind), ...[migrationsTable, ...migrations].flatMap(statements)]

  it('are parsed by the engine', async () => {
    expect(all.length).toBeGreaterThan(30)
    await onEmptyWarehouse(async (warehouse) => {
      for (const text of all) {
        const [row] = await warehouse.query<{ formatted: string }>(
          'SELECT formatQuery({text:String}) AS formatted',
          { text },
        )
        expect(row!.formatted).not.toBe('')
      }
    })
  })

  it('make the tables of the embedded ones, but for what the kind of server changes', () => {
    const plain = (text: string): string =>
      text
        .replaceAll(' ON CLUSTER anycast', '')
        .replaceAll('default_all.', 'default.')
        .replaceAll(
          /Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?([^)]*)\)/g,
          (_, name, rest) => (rest === '' ? name : `${name}(${rest})`),
        )
        .replaceAll(
          /replicated_deduplication_window = (\d+), replicated_deduplication_window_seconds = \d+/g,
          'non_replicated_deduplication_window = $1',
        )
    for (const migration of migrations.filter(({ onlyOnServer }) => !onlyOnServer)) {
      const own = statements(migration).filter(
        (text) => !/ENGINE = Distributed|^ALTER TABLE default_all/.test(text),
      )
      const embedded = embeddedVariant(migration)
      expect(own.map((text) => plain(text.replaceAll('non_non_', 'non_')))).toEqual(embedded)
    }
  })
})

describe('users of a server', () => {
  it('have no password and no host until they are given one', () => {
    const users = migrations
      .flatMap(({ statements }) => statements)
      .filter((statement) => statement.startsWith('CREATE USER'))
    expect(users).toHaveLength(4)
    for (const user of users) {
      expect(user).toMatch(/IDENTIFIED WITH sha256_hash BY '0{64}'/)
      expect(user).toContain('HOST NONE')
    }
  })
})
