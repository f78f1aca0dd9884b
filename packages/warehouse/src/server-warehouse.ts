import type { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { insertSettings } from './insert-settings.ts'
import {
  clientConfig,
  createAgent,
  defaultTimeouts,
  type ServerOptions,
  type ServerTimeouts,
} from './server-connection.ts'
import type { ServerUrl } from './server-url.ts'
import type { Table, Warehouse } from './warehouse.ts'
import { explainWarehouseError, type WarehouseError } from './warehouse-error.ts'

/** Pauses between tries double from the first to the last of these. */
const pauseMillisMin = 100
const pauseMillisMax = 5000

/** The warehouse of a server, as it is: nothing is asked before the first statement. */
export function connectServerWarehouse(server: ServerUrl, options: ServerOptions): Warehouse {
  return new ServerWarehouse(server, options)
}

class ServerWarehouse implements Warehouse {
  readonly #client: ClickHouseClient
  readonly #agent: Agent
  readonly #options: ServerOptions
  readonly #timeouts: ServerTimeouts
  readonly #asked: { url: string; user: string; database: string }

  constructor(server: ServerUrl, options: ServerOptions) {
    this.#options = options
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts }
    this.#asked = { ...server, url: options.socketPath ?? server.origin }
    this.#agent = createAgent(server, options)
    this.#client = createClient(clientConfig(server, options, this.#agent, this.#timeouts))
  }

  async query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]> {
    const lines = Buffer.from(await this.#read(sql, 'JSONEachRow', parameters)).toString('utf8')
    return lines === '' ? [] : (JSON.parse(`[${lines.trimEnd().replaceAll('\n', ',')}]`) as Row[])
  }

  queryArrow(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
    return this.#read(sql, 'ArrowStream', parameters)
  }

  /** A user who is read-only already may not even ask to be so. */
  async queryText(sql: string, format: string): Promise<Uint8Array> {
    try {
      return await this.#read(sql, format, {}, { readonly: '2' })
    } catch (error) {
      const { code, message } = error as WarehouseError
      if (code === 'NO_RIGHTS' && message.includes("'readonly'")) return this.#read(sql, format)
      throw error
    }
  }

  async command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.#client.command({
        query: sql,
        query_params: { ...parameters },
        clickhouse_settings: { wait_end_of_query: 1 },
      })
    } catch (error) {
      throw explainWarehouseError(error, this.#asked)
    }
  }

  insertArrow(
    table: Table,
    columns: readonly string[],
    arrow: Uint8Array,
    token: string,
  ): Promise<void> {
    const names = columns.map((name) => `\`${name}\``).join(', ')
    return this.#insert(`INSERT INTO ${table} (${names}) FORMAT ArrowStream`, arrow, token)
  }

  insertRows(table: Table, rows: readonly object[], token: string): Promise<void> {
    const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return this.#insert(`INSERT INTO ${table} FORMAT JSONEachRow`, lines, token)
  }

  async close(): Promise<void> {
    await this.#client.close()
    this.#agent.destroy()
  }

  /** Reads again after a failed connection: a read changes nothing. */
  #read(
    sql: string,
    format: string,
    parameters: Readonly<Record<string, unknown>> = {},
    settings: ClickHouseSettings = {},
  ): Promise<Uint8Array> {
    return this.#again(async () => {
      const { stream } = await this.#client.exec({
        query: `${sql.trim()}\nFORMAT ${format}`,
        query_params: { ...parameters },
        // Otherwise an error in the middle of a result would look like its end.
        clickhouse_settings: { ...settings, wait_end_of_query: 1 },
      })
      return buffer(stream)
    })
  }

  /**
   * Any answer but success means "unknown": the same bytes go again under the same token, which
   * changes nothing where they had arrived.
   */
  #insert(query: string, bytes: Uint8Array, token: string): Promise<void> {
    return this.#again(async () => {
      const limit = AbortSignal.timeout(this.#timeouts.insertSeconds * 1000)
      const { signal } = this.#options
      const { stream } = await this.#client.exec({
        query,
        values: Readable.from([bytes]),
        abort_signal: signal ? AbortSignal.any([signal, limit]) : limit,
        clickhouse_settings: {
          ...insertSettings,
          wait_end_of_query: 1,
          insert_deduplication_token: token,
        },
      })
      await buffer(stream)
    })
  }

  async #again<Value>(attempt: () => Promise<Value>): Promise<Value> {
    const { signal, onRetry } = this.#options
    const deadline = performance.now() + this.#timeouts.retrySeconds * 1000
    for (let tries = 1; ; tries++) {
      try {
        return await attempt()
      } catch (thrown) {
        const error = explainWarehouseError(thrown, this.#asked)
        const pause = Math.min(pauseMillisMin * 2 ** (tries - 1), pauseMillisMax)
        const isOver = performance.now() + pause > deadline || signal?.aborted === true
        if (!error.isRetriable || isOver) throw error
        onRetry?.(error, tries)
        await sleep(pause, undefined, signal ? { signal } : {}).catch(() => undefined)
      }
    }
  }
}
