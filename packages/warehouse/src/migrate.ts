import { readdirSync, readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import type { Warehouse } from './warehouse.ts'
import { WarehouseError } from './warehouse-error.ts'

const folder = new URL('../migrations/', import.meta.url)

/** A numbered migration: statements that may be run again without harm. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly statements: readonly string[]
  /** The embedded engine refuses it (users, roles); it is run on servers alone. */
  readonly onlyOnServer: boolean
}

/** The warehouse is newer than this program, which therefore must not touch it. */
export interface NewerWarehouse {
  readonly code: 'NEWER_WAREHOUSE'
  readonly message: string
}

/** All migrations in their order, read from `migrations/NNNN-name[.server].sql`. */
export function readMigrations(): Migration[] {
  return readdirSync(folder)
    .map((file) => ({ file, match: /^(\d{4})-([\w-]+?)(\.server)?\.sql$/.exec(file) }))
    .filter(({ match }) => match !== null)
    .map(({ file, match }) => ({
      number: Number(match![1]),
      name: match![2]!,
      statements: splitStatements(readFileSync(new URL(file, folder), 'utf8')),
      onlyOnServer: match![3] !== undefined,
    }))
    .sort((left, right) => left.number - right.number)
}

/** Statements of a file; a semicolon at the end of a line ends one. */
export function splitStatements(sql: string): string[] {
  return sql
    .split(/;\s*\n/)
    .map((statement) => statement.replaceAll(/^\s*--.*$/gm, '').trim())
    .filter((statement) => statement !== '')
}

/** The statements of a migration as a kind of warehouse runs them; none where it does not. */
export type MigrationVariant = (migration: Migration) => readonly string[]

/** Where the engine is a library: its one database, no users. */
export const embeddedVariant: MigrationVariant = ({ statements, onlyOnServer }) =>
  onlyOnServer ? [] : statements.map((statement) => statement.replaceAll('{database}', 'default'))

/** Which migrations a warehouse has; the first of all is this table. */
export const migrationsTable: Migration = {
  number: 0,
  name: 'migrations',
  onlyOnServer: false,
  statements: [
    `CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32 COMMENT 'Number of the migration',
    name String COMMENT 'Its name'
)
ENGINE = ReplacingMergeTree
ORDER BY number`,
  ],
}

/**
 * The migrations that a warehouse lacks. One that is newer than this program is refused: it must
 * not be touched.
 */
export async function readWarehouseAge(
  warehouse: Warehouse,
  migrations: readonly Migration[],
): Promise<Result<Migration[], NewerWarehouse>> {
  const [table] = await warehouse.query<{ tables: number }>(
    `SELECT toUInt32(count()) AS tables FROM system.tables
     WHERE database = currentDatabase() AND name = 'migrations'`,
  )
  if (!table || table.tables === 0) {
    await refuseHiddenTable(warehouse)
    return ok([...migrations])
  }
  const rows = await warehouse.query<{ number: number }>('SELECT DISTINCT number FROM migrations')
  const done = new Set(rows.map(({ number }) => number))
  const newest = Math.max(0, ...done)
  const known = Math.max(0, ...migrations.map(({ number }) => number))
  if (newest > known) {
    return err({
      code: 'NEWER_WAREHOUSE',
      message:
        `the warehouse has migration ${newest}, this goldpan knows up to ${known}: ` +
        'update goldpan, nothing was changed',
    })
  }
  return ok(migrations.filter(({ number }) => !done.has(number)))
}

/** A user sees no table that it may not read: throws where the server says that this is why. */
async function refuseHiddenTable(warehouse: Warehouse): Promise<void> {
  try {
    await warehouse.query('SELECT number FROM migrations LIMIT 0')
  } catch (error) {
    if (error instanceof WarehouseError && error.code === 'NO_RIGHTS') throw error
  }
}

/**
 * Brings a warehouse up to date and returns the numbers that were applied. `tables` is where the
 * tables are made, where that is another database than the one they are read through.
 */
export async function migrate(
  warehouse: Warehouse,
  migrations: readonly Migration[] = readMigrations(),
  variant: MigrationVariant = embeddedVariant,
  tables: Warehouse = warehouse,
): Promise<Result<number[], NewerWarehouse>> {
  const pending = await readWarehouseAge(warehouse, migrations)
  if (!pending.ok) return pending
  if (pending.value.length === 0) return ok([])
  for (const statement of variant(migrationsTable)) await tables.command(statement)
  for (const migration of pending.value) {
    const { number, name } = migration
    for (const statement of variant(migration)) await tables.command(statement)
    await warehouse.insertRows('migrations', [{ number, name }], `migration/${number}`)
  }
  return ok(pending.value.map(({ number }) => number))
}
