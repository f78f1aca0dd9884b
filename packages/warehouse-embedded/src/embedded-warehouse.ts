import { join, resolve } from 'node:path'
import { err, ok, type Result } from '@goldpan/core'
import { lockFolder, type Release } from '@goldpan/runtime/folder-lock'
import { makeFolder } from '@goldpan/runtime/make-folder'
import {
  embeddedVariant,
  insertSettings,
  type MigrationVariant,
  migrate,
  readMigrations,
  type Warehouse,
} from '@goldpan/warehouse'
import { type Engine, openEngine } from './engine.ts'
import { type HttpFront, serveEngine } from './http-front.ts'
import { socketName } from './socket-name.ts'
import { parameterText } from './sql-text.ts'

/** Why a folder cannot be opened as a warehouse. */
export interface OpenError {
  readonly code: 'WAREHOUSE_HELD' | 'NEWER_WAREHOUSE' | 'UNUSABLE_FOLDER'
  /** One sentence: what, where, what to do. */
  readonly message: string
  /** The process that holds the folder. */
  readonly pid?: number
}

export interface EmbeddedOptions {
  /** Folder of the warehouse; made when it is not there. */
  readonly folder: string
}

/** The warehouse of a folder, and ClickHouse's HTTP protocol on it. */
export interface EmbeddedWarehouse extends Warehouse {
  /** Serves it on a loopback port too (0: a free one), for tests; resolves to the port. */
  serve(port: number, users?: Readonly<Record<string, string>>): Promise<number>
}

/** Settings that the library needs besides those of every insert, so that a block stays one. */
const engineInsertSettings = {
  ...insertSettings,
  max_block_size: '1000000',
  max_threads: 1,
  max_insert_threads: '1',
} as const

/**
 * Merges and statistics took more time than the inserts themselves: the engine shares the cores of
 * whoever fills it, so it merges more parts at once, more rarely, and keeps no column statistics.
 */
const tableSettings = "merge_selector_base = 25, auto_statistics_types = ''"

const engineVariant: MigrationVariant = (migration) =>
  embeddedVariant(migration).map((statement) =>
    statement.replace(/non_replicated_deduplication_window = \d+/, `$&, ${tableSettings}`),
  )

/**
 * Opens (or makes) the warehouse in a folder: ClickHouse as a library, in this process. The folder
 * belongs to this process until `close`; others reach it through the socket in it.
 */
export async function openEmbeddedWarehouse(
  options: EmbeddedOptions,
): Promise<Result<EmbeddedWarehouse, OpenError>> {
  const folder = resolve(options.folder)
  let release: Release | undefined
  let engine: Engine | undefined
  const opened: HttpFront[] = []
  const close = async (): Promise<void> => {
    for (const front of opened.splice(0)) await front.close()
    await engine?.close()
    release?.()
    release = undefined
  }
  try {
    makeFolder(folder)
    const locked = lockFolder(folder)
    if (!locked.ok) return err(held(folder, locked.error))
    release = locked.value
    engine = await openEngine(folder)
    const warehouse = createEmbedded(engine, close, opened)
    const migrated = await migrate(warehouse, readMigrations(), engineVariant)
    if (migrated.ok) {
      opened.push(await serveEngine(engine, { path: join(folder, socketName) }))
      return ok(warehouse)
    }
    await close()
    return err(migrated.error)
  } catch (error) {
    await close()
    return err(unusable(folder, error))
  }
}

const held = (folder: string, pid: number): OpenError => ({
  code: 'WAREHOUSE_HELD',
  pid,
  message:
    `the warehouse ${folder} is in use by process ${pid}: ` +
    'wait until it ends, or name another folder with --warehouse',
})

function unusable(folder: string, error: unknown): OpenError {
  const reason = (error as Error).message.split('\n')[0]
  return {
    code: 'UNUSABLE_FOLDER',
    message:
      `the warehouse ${folder} cannot be opened (${reason}): ` +
      'check that it is yours and its disk is not full, or name another folder',
  }
}

/** The warehouse on an engine; `opened` holds its fronts. */
export function createEmbedded(
  engine: Engine,
  close: () => Promise<void>,
  opened: HttpFront[],
): EmbeddedWarehouse {
  const execute = (
    sql: string,
    format: string,
    parameters: Readonly<Record<string, unknown>> = {},
    settings = {},
  ): Promise<Uint8Array> =>
    engine.execute({
      ...{ sql, format, settings },
      parameter: (name) => (name in parameters ? parameterText(parameters[name]) : undefined),
    })
  return {
    async query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]> {
      const lines = Buffer.from(await execute(sql, 'JSONEachRow', parameters)).toString('utf8')
      return lines === '' ? [] : (JSON.parse(`[${lines.trimEnd().replaceAll('\n', ',')}]`) as Row[])
    },
    queryArrow: (sql, parameters) => execute(sql, 'ArrowStream', parameters),
    queryText: (sql, format) => execute(sql, format, {}, { readonly: 2 }),
    async command(sql, parameters) {
      await execute(sql, 'TabSeparated', parameters)
    },
    insertArrow(table, columns, bytes, token) {
      const names = columns.map((name) => `\`${name}\``).join(', ')
      return engine.insertBytes({
        ...{ target: `${table} (${names})`, columns: names, format: 'ArrowStream', bytes },
        settings: { ...engineInsertSettings, insert_deduplication_token: token },
      })
    },
    async insertRows(table, rows, token) {
      if (rows.length === 0) return
      // Rows inside of the statement would make the engine read standard input as well.
      const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
      const columns = names.map((name) => `\`${name}\``).join(', ')
      return engine.insertBytes({
        ...{ target: `${table} (${columns})`, columns, format: 'JSONEachRow' },
        bytes: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
        settings: { ...engineInsertSettings, insert_deduplication_token: token },
      })
    },
    async serve(port, users) {
      const front = await serveEngine(engine, { port, ...(users ? { users } : {}) })
      opened.push(front)
      return front.port
    },
    close,
  }
}
