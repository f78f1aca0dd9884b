import { randomUUID } from 'node:crypto'
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createClient } from '@clickhouse/client'
import { err, ok, type Result } from '@goldpan/core'
import { migrate, type Table, type Warehouse } from '@goldpan/warehouse'
import { createChdbConnection } from 'chdb/connection'
import { lockFolder, type Release } from './folder-lock.ts'

/** Why a folder cannot be opened as a warehouse. */
export interface OpenError {
  readonly code: 'WAREHOUSE_HELD' | 'NEWER_WAREHOUSE' | 'UNUSABLE_FOLDER'
  /** One sentence: what, where, what to do. */
  readonly message: string
}

export interface EmbeddedOptions {
  /** Folder of the warehouse; made when it is not there. */
  readonly folder: string
}

/** Memory that one statement may use. */
const memoryBytesMax = 800 * 2 ** 20

/** Settings of every insert: defaults differ by version, and a retry must make the same block. */
const insertSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_block_size: '1000000',
  max_insert_block_size: '1000000',
  min_insert_block_size_rows: '1000000',
  min_insert_block_size_bytes: '1000000000',
  max_threads: 1,
  max_insert_threads: '1',
} as const

/**
 * Opens (or makes) the warehouse in a folder: ClickHouse as a library, in this process. The folder
 * belongs to this process until `close`.
 */
export async function openEmbeddedWarehouse(
  options: EmbeddedOptions,
): Promise<Result<Warehouse, OpenError>> {
  const folder = resolve(options.folder)
  let release: Release
  try {
    mkdirSync(join(folder, 'incoming'), { recursive: true, mode: 0o700 })
    const locked = lockFolder(folder)
    if (!locked.ok) return locked
    release = locked.value
  } catch (error) {
    return err(unusable(folder, error))
  }
  try {
    const warehouse = createEmbedded(folder, release)
    const migrated = await migrate(warehouse)
    if (migrated.ok) return ok(warehouse)
    await warehouse.close()
    return err(migrated.error)
  } catch (error) {
    release()
    return err(unusable(folder, error))
  }
}

function unusable(folder: string, error: unknown): OpenError {
  const reason = (error as Error).message.split('\n')[0]
  return {
    code: 'UNUSABLE_FOLDER',
    message:
      `the warehouse ${folder} cannot be opened (${reason}): ` +
      'check that it is yours and its disk is not full, or name another folder',
  }
}

function createEmbedded(folder: string, release: Release): Warehouse {
  const client = createClient({
    connection: createChdbConnection({ path: join(folder, 'data') }),
    clickhouse_settings: { max_memory_usage: String(memoryBytesMax) },
  } as never)
  const queryBytes = async (
    query: string,
    format: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ): Promise<Uint8Array> => {
    const { stream } = await client.exec({
      query: `${query.trim()}\nFORMAT ${format}`,
      query_params: { ...parameters },
    })
    return buffer(stream)
  }
  return {
    async query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]> {
      const result = await client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: { ...parameters },
      })
      return result.json<Row>()
    },
    queryArrow: (sql, parameters) => queryBytes(sql, 'ArrowStream', parameters),
    queryText: (sql, format) => queryBytes(sql, format),
    async command(sql, parameters) {
      await client.command({ query: sql, query_params: { ...parameters } })
    },
    insertArrow: (table, columns, arrow, token) =>
      insertFile(client, folder, { table, columns, arrow, token }),
    async insertRows(table, rows, token) {
      await client.insert({
        table,
        values: [...rows],
        format: 'JSONEachRow',
        clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
      })
    },
    async close() {
      await client.close()
      release()
    },
  }
}

interface Block {
  readonly table: Table
  readonly columns: readonly string[]
  readonly arrow: Uint8Array
  readonly token: string
}

/** Inserts one block from a private file: the engine cuts binary bodies short. */
async function insertFile(
  client: ReturnType<typeof createClient>,
  folder: string,
  { table, columns, arrow, token }: Block,
): Promise<void> {
  const file = join(folder, 'incoming', `${randomUUID()}.arrow`)
  const names = columns.map((name) => `\`${name}\``).join(', ')
  writeFileSync(file, arrow, { mode: 0o600 })
  try {
    await client.command({
      query:
        `INSERT INTO ${table} (${names}) ` +
        `SELECT ${names} FROM file({file:String}, ArrowStream)`,
      query_params: { file },
      clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
    })
  } finally {
    unlinkSync(file)
  }
}
