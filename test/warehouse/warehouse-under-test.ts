import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrateServer, openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import type { Upstream } from './fault-proxy.ts'

/**
 * The warehouse that tests of the HTTP client use: an embedded one behind its front or, where
 * CLICKHOUSE_URL names a server (its password in CLICKHOUSE_PASSWORD_FILE), a database of its own
 * there.
 */
export interface WarehouseUnderTest {
  /** Without the client under test in between, where that can be. */
  readonly warehouse: Warehouse
  readonly upstream: Upstream
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** Serves it on another port to these users alone; not on a real server. */
  readonly serve?: (users: Readonly<Record<string, string>>) => Promise<number>
  close(): Promise<void>
}

export function openWarehouseUnderTest(): Promise<WarehouseUnderTest> {
  const url = process.env.CLICKHOUSE_URL
  return url ? openOnServer(url) : openBehindFront()
}

async function openBehindFront(): Promise<WarehouseUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-under-test-'))
  const opened = await openEmbeddedWarehouse({ folder })
  if (!opened.ok) throw new Error(opened.error.message)
  const warehouse = opened.value
  return {
    warehouse,
    upstream: { host: '127.0.0.1', port: await warehouse.serve(0) },
    ...{ user: 'default', password: undefined, database: 'default' },
    serve: (users) => warehouse.serve(0, users),
    async close() {
      await warehouse.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function openOnServer(address: string): Promise<WarehouseUnderTest> {
  const { hostname, port, username } = new URL(address)
  const user = username || 'default'
  const file = process.env.CLICKHOUSE_PASSWORD_FILE
  const password = file ? readFileSync(file, 'utf8').trimEnd() : undefined
  const database = `goldpan_test_${process.pid}`
  const url = `http://${user}@${hostname}:${port}/${database}`
  const access = password === undefined ? {} : { password }
  const migrated = await migrateServer({ url, ...access })
  if (!migrated.ok) throw new Error(migrated.error.message)
  const opened = await openServerWarehouse({ url, ...access })
  if (!opened.ok) throw new Error(opened.error.message)
  return {
    warehouse: opened.value,
    upstream: { host: hostname, port: Number(port) },
    ...{ user, password, database },
    async close() {
      await opened.value.command(`DROP DATABASE ${database} SYNC`)
      await opened.value.close()
    },
  }
}
