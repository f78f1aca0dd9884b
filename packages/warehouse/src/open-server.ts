import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@goldpan/core'
import { type Migration, migrate, readMigrations, readWarehouseAge } from './migrate.ts'
import { applyRetention, type Retention } from './retention.ts'
import { defaultTimeouts, type ServerOptions } from './server-connection.ts'
import { type BadUrl, parseServerUrl, type ServerUrl } from './server-url.ts'
import {
  clusterDatabases,
  describeServerKind,
  distributedSuffix,
  readServerKind,
  serverVariant,
} from './server-variant.ts'
import { connectServerWarehouse } from './server-warehouse.ts'
import type { Warehouse } from './warehouse.ts'
import { WarehouseError, type WarehouseErrorCode } from './warehouse-error.ts'

export interface ServerOpenError {
  readonly code: WarehouseErrorCode | BadUrl['code'] | 'NEWER_WAREHOUSE' | 'OLDER_WAREHOUSE'
  readonly message: string
}

/** Opens the warehouse on a ClickHouse server. */
export async function openServerWarehouse(
  options: ServerOptions,
): Promise<Result<Warehouse, ServerOpenError>> {
  const parsed = parseServerUrl(options.url)
  if (!parsed.ok) return parsed
  const warehouse = connectServerWarehouse(parsed.value, options)
  const greeter = connectServerWarehouse(parsed.value, impatient(options))
  const checked = await caught(() => checkMigrations(warehouse, greeter, options, parsed.value))
  await greeter.close()
  if (checked.ok) return ok(warehouse)
  await warehouse.close()
  return checked
}

/** A server that takes connections and says nothing is not waited for as a statement is. */
function impatient(options: ServerOptions): ServerOptions {
  const { openSeconds, querySeconds } = { ...defaultTimeouts, ...options.timeouts }
  const timeouts = { ...options.timeouts, querySeconds: Math.min(openSeconds, querySeconds) }
  return { ...options, timeouts }
}

/** What a warehouse said no to, as a value. */
async function caught<Value>(
  work: () => Promise<Result<Value, ServerOpenError>>,
): Promise<Result<Value, ServerOpenError>> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WarehouseError)) throw error
    return err({ code: error.code, message: error.message })
  }
}

async function checkMigrations(
  warehouse: Warehouse,
  greeter: Warehouse,
  { url, migrations = 'migrate', onNote }: ServerOptions,
  { user, database }: ServerUrl,
): Promise<Result<undefined, ServerOpenError>> {
  if (migrations === 'as-it-is') {
    await greeter.query('SELECT 1')
    return ok(undefined)
  }
  const known = readMigrations()
  const age = await readWarehouseAge(greeter, known)
  if (!age.ok) return age
  if (age.value.length === 0) return ok(undefined)
  const older = (why: string): Result<never, ServerOpenError> =>
    err({
      code: 'OLDER_WAREHOUSE',
      message:
        `the warehouse ${url} lacks ${age.value.length} of ${known.length} migrations ${why}: ` +
        'run goldpan migrate --warehouse with a user that may create tables',
    })
  // Tables of a cluster are made in another database, and with its name.
  if (migrations === 'check' || database.endsWith(distributedSuffix)) {
    return older('of this goldpan')
  }
  try {
    return await migrateHere(warehouse, database, known, onNote)
  } catch (error) {
    if (error instanceof WarehouseError && error.code === 'NO_RIGHTS') {
      return older(`and the user ${user} may not run them`)
    }
    throw error
  }
}

async function migrateHere(
  warehouse: Warehouse,
  database: string,
  known: readonly Migration[],
  onNote: ((sentence: string) => void) | undefined,
): Promise<Result<undefined, ServerOpenError>> {
  const kind = await readServerKind(warehouse, { database })
  onNote?.(describeServerKind(kind))
  const migrated = await migrate(warehouse, known, serverVariant(kind))
  return migrated.ok ? ok(undefined) : migrated
}

export interface MigrateServerOptions extends ServerOptions {
  readonly cluster?: string
  /** How long rows are kept; absent: as it is. */
  readonly retention?: Retention
  /** Passwords by user of the migrations, such as `goldpan_grafana`. */
  readonly passwords?: ReadonlyMap<string, string>
}

/** Makes or updates the tables of a server, its users and its retention; returns what was run. */
export async function migrateServer(
  options: MigrateServerOptions,
): Promise<Result<number[], ServerOpenError>> {
  const parsed = parseServerUrl(options.url)
  if (!parsed.ok) return parsed
  const opened: Warehouse[] = []
  const connect = (database: string): Warehouse => {
    const warehouse = connectServerWarehouse({ ...parsed.value, database }, options)
    opened.push(warehouse)
    return warehouse
  }
  const migrated = await caught(() => runMigrations(connect, parsed.value.database, options))
  for (const warehouse of opened) await warehouse.close()
  return migrated
}

async function runMigrations(
  connect: (database: string) => Warehouse,
  database: string,
  { cluster, retention, passwords, onNote }: MigrateServerOptions,
): Promise<Result<number[], ServerOpenError>> {
  const everywhere = connect('default')
  const given = { database, ...(cluster === undefined ? {} : { cluster }) }
  const kind = await readServerKind(everywhere, given)
  onNote?.(describeServerKind(kind))
  for (const statement of clusterDatabases(kind)) await everywhere.command(statement)
  if (!cluster) await everywhere.command(`CREATE DATABASE IF NOT EXISTS ${database}`)
  const tables = connect(database)
  const rows = cluster ? connect(`${database}${distributedSuffix}`) : tables
  const migrated = await migrate(rows, readMigrations(), serverVariant(kind), tables)
  if (!migrated.ok) return migrated
  if (retention) await applyRetention(tables, retention, cluster)
  for (const [user, password] of passwords ?? []) {
    const hash = createHash('sha256').update(password).digest('hex')
    await everywhere.command(
      `ALTER USER ${user} ${cluster ? `ON CLUSTER ${cluster} ` : ''}` +
        `IDENTIFIED WITH sha256_hash BY '${hash}' HOST ANY`,
    )
  }
  return migrated
}
