import { readdirSync, readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import type { Warehouse } from './warehouse.ts'

const folder = new URL('../migrations/', import.meta.url)

/** A numbered migration: statements that may be run again without harm. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly statements: readonly string[]
}

/** The warehouse is newer than this program, which therefore must not touch it. */
export interface NewerWarehouse {
  readonly code: 'NEWER_WAREHOUSE'
  readonly message: string
}

/** All migrations in their order, read from `migrations/NNNN-name.sql`. */
export function readMigrations(): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      statements: splitStatements(readFileSync(new URL(file, folder), 'utf8')),
    }))
}

/** Statements of a file; a semicolon at the end of a line ends one. */
export function splitStatements(sql: string): string[] {
  return sql
    .split(/;\s*\n/)
    .map((statement) => statement.replaceAll(/^\s*--.*$/gm, '').trim())
    .filter((statement) => statement !== '')
}

const migrationsTable = `CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32 COMMENT 'Number of the migration',
    name String COMMENT 'Its name'
)
ENGINE = ReplacingMergeTree ORDER BY number`

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
  if (!table || table.tables === 0) return ok([...migrations])
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

/** Brings a warehouse up to date and returns the numbers that were applied. */
export async function migrate(
  warehouse: Warehouse,
  migrations: readonly Migration[] = readMigrations(),
): Promise<Result<number[], NewerWarehouse>> {
  const pending = await readWarehouseAge(warehouse, migrations)
  if (!pending.ok) return pending
  if (pending.value.length > 0) await warehouse.command(migrationsTable)
  for (const { number, name, statements } of pending.value) {
    for (const statement of statements) await warehouse.command(statement)
    await warehouse.insertRows('migrations', [{ number, name }], `migration/${number}`)
  }
  return ok(pending.value.map(({ number }) => number))
}
