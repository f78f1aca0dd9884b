import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { err, ok, type Result } from '@goldpan/core'
import { insertSettings } from './insert-settings.ts'
import { type Migration, migrate, readMigrations, readWarehouseAge } from './migrate.ts'
import { type BadUrl, parseServerUrl, type ServerUrl } from './server-url.ts'
import type { Table, Warehouse } from './warehouse.ts'
import {
  explainWarehouseError,
  WarehouseError,
  type WarehouseErrorCode,
} from './warehouse-error.ts'

export interface ServerOptions {
  /** `http(s)://USER@HOST:PORT/DATABASE`, without a password. */
  readonly url: string
  readonly password?: string
  readonly tls?: ServerTls
  /** Unix socket to speak through instead of the host and port. */
  readonly socketPath?: string
  /** gzip on the wire, both ways; off on a unix socket. Default true. */
  readonly compression?: boolean
  readonly timeouts?: Partial<ServerTimeouts>
  /**
   * `migrate`: bring it up to date (default). `check`: refuse one that is older or newer than this
   * program. `as-it-is`: look at nothing.
   */
  readonly migrations?: 'migrate' | 'check' | 'as-it-is'
  /** Ends retries; the statement that runs is given up. */
  readonly signal?: AbortSignal
  /** Told about every try that failed and is made again. */
  readonly onRetry?: (error: WarehouseError, tries: number) => void
}

export interface ServerTls {
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: Buffer
  /** PEM of the client's certificate and key; without a password they are the credentials. */
  readonly cert?: Buffer
  readonly key?: Buffer
}

export interface ServerTimeouts {
  /** One try of an insert; the server may go on with it, so a retry carries the same token. */
  readonly insertSeconds: number
  /** A statement without a sign of life. */
  readonly querySeconds: number
  /** All tries of one insert, or of reading. */
  readonly retrySeconds: number
}

const defaultTimeouts: ServerTimeouts = { insertSeconds: 60, querySeconds: 300, retrySeconds: 120 }

/** Pauses between tries double from the first to the last of these. */
const pauseMillisMin = 100
const pauseMillisMax = 5000

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
  const warehouse = new ServerWarehouse(parsed.value, options)
  try {
    const known = readMigrations()
    const checked = await checkMigrations(warehouse, options, parsed.value, known)
    if (checked.ok) return ok(warehouse)
    await warehouse.close()
    return checked
  } catch (error) {
    await warehouse.close()
    if (!(error instanceof WarehouseError)) throw error
    return err({ code: error.code, message: error.message })
  }
}

async function checkMigrations(
  warehouse: Warehouse,
  { url, migrations = 'migrate' }: ServerOptions,
  { user }: ServerUrl,
  known: readonly Migration[],
): Promise<Result<undefined, ServerOpenError>> {
  if (migrations === 'as-it-is') {
    await warehouse.query('SELECT 1')
    return ok(undefined)
  }
  const age = await readWarehouseAge(warehouse, known)
  if (!age.ok) return age
  const pending = age.value
  if (pending.length === 0) return ok(undefined)
  const older = (why: string): Result<never, ServerOpenError> =>
    err({
      code: 'OLDER_WAREHOUSE',
      message:
        `the warehouse ${url} lacks ${pending.length} of ${known.length} migrations ${why}: ` +
        'run goldpan migrate --warehouse with a user that may create tables',
    })
  if (migrations === 'check') return older('of this goldpan')
  try {
    const migrated = await migrate(warehouse, known)
    return migrated.ok ? ok(undefined) : migrated
  } catch (error) {
    if (error instanceof WarehouseError && error.code === 'NO_RIGHTS') {
      return older(`and the user ${user} may not run them`)
    }
    throw error
  }
}

class ServerWarehouse implements Warehouse {
  readonly #client: ClickHouseClient
  readonly #agent: HttpAgent
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

  queryText(sql: string, format: string): Promise<Uint8Array> {
    return this.#read(sql, format, {}, { readonly: '2' })
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

function createAgent({ origin }: ServerUrl, { socketPath, tls }: ServerOptions): HttpAgent {
  const common = { keepAlive: true, maxSockets: 16 }
  if (socketPath !== undefined) return new HttpAgent({ ...common, socketPath } as never)
  return origin.startsWith('https:')
    ? new HttpsAgent({ ...common, ...tls, rejectUnauthorized: true })
    : new HttpAgent(common)
}

function clientConfig(
  { origin, user, database }: ServerUrl,
  { password, tls, compression = true, socketPath }: ServerOptions,
  agent: HttpAgent,
  { querySeconds }: ServerTimeouts,
): Parameters<typeof createClient>[0] {
  const isCompressed = compression && socketPath === undefined
  // A client certificate alone is the credentials; ClickHouse refuses both at once.
  const byCertificate = tls?.cert !== undefined && password === undefined
  return {
    ...{ url: origin, database, username: user, password: password ?? '', application: 'goldpan' },
    ...{ http_agent: agent, request_timeout: querySeconds * 1000 },
    compression: { request: isCompressed, response: isCompressed },
    log: { level: logOff },
    ...(byCertificate
      ? {
          set_basic_auth_header: false,
          http_headers: {
            'X-ClickHouse-User': user,
            'X-ClickHouse-SSL-Certificate-Auth': 'on',
          },
        }
      : {}),
  }
}

/** ClickHouseLogLevel.OFF: errors are thrown and told once. */
const logOff = 127
