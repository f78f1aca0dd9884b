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
 * Brings a warehouse up to date and returns the numbers that were applied. One that is newer than
 * this program is left as it is.
 */
export async function migrate(
  warehouse: Warehouse,
  migrations: readonly Migration[] = readMigrations(),
): Promise<Result<number[], NewerWarehouse>> {
  await warehouse.command(migrationsTable)
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
  const pending = migrations.filter(({ number }) => !done.has(number))
  for (const { number, name, statements } of pending) {
    for (const statement of statements) await warehouse.command(statement)
    await warehouse.insertRows('migrations', [{ number, name }], `migration/${number}`)
  }
  return ok(pending.map(({ number }) => number))
}
