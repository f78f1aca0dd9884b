import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { createClient } from '@clickhouse/client'
import type { ServerUrl } from './server-url.ts'
import type { WarehouseError } from './warehouse-error.ts'

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
  /** Told how the tables are kept, when migrations are run. */
  readonly onNote?: (sentence: string) => void
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
  /** The first answer, when it is opened: no longer than `querySeconds`. */
  readonly openSeconds: number
  /** One try of an insert; the server may go on with it, so a retry carries the same token. */
  readonly insertSeconds: number
  /** A statement without a sign of life. */
  readonly querySeconds: number
  /** All tries of one insert, or of reading. */
  readonly retrySeconds: number
}

export const defaultTimeouts: ServerTimeouts = {
  openSeconds: 10,
  insertSeconds: 60,
  querySeconds: 300,
  retrySeconds: 120,
}

/** Sockets are kept open between statements. */
export function createAgent({ origin }: ServerUrl, { socketPath, tls }: ServerOptions): HttpAgent {
  const common = { keepAlive: true, maxSockets: 16 }
  if (socketPath !== undefined) return new HttpAgent({ ...common, socketPath } as never)
  return origin.startsWith('https:')
    ? new HttpsAgent({ ...common, ...tls, rejectUnauthorized: true })
    : new HttpAgent(common)
}

/** What the client of ClickHouse is made of. */
export function clientConfig(
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
