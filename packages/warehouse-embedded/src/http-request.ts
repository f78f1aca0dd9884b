import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { HttpFailure } from './http-answer.ts'
import { urlParameterText } from './sql-text.ts'

/** One statement that came by HTTP. */
export interface FrontRequest {
  readonly sql: string
  /** Rows of an INSERT whose statement stands in the URL. */
  readonly body: Uint8Array
  readonly settings: Readonly<Record<string, string>>
  readonly format: string
  readonly queryId: string
  /** Encoding that the answer may have. */
  readonly encoding: string | undefined
  readonly parameter: (name: string, type: string) => string | null | undefined
}

/** Compressed and inflated bytes of a request that are taken: a block is below 256 MB. */
const bodyBytesMax = 320 * 2 ** 20

const decompressors: Readonly<Record<string, (bytes: Uint8Array) => Promise<Buffer>>> = {
  gzip: (bytes) => promisify(gunzip)(bytes, { maxOutputLength: bodyBytesMax }),
  deflate: (bytes) => promisify(inflate)(bytes, { maxOutputLength: bodyBytesMax }),
  br: (bytes) => promisify(brotliDecompress)(bytes, { maxOutputLength: bodyBytesMax }),
  zstd: (bytes) => promisify(zstdDecompress)(bytes, { maxOutputLength: bodyBytesMax }),
}

/** Names in the URL that are the protocol's, not settings of the engine. */
const ofTheProtocol = new Set([
  ...['query', 'query_id', 'database', 'default_format', 'user', 'password', 'session_id', 'role'],
  ...['wait_end_of_query', 'send_progress_in_http_headers', 'buffer_size', 'compress'],
  ...['enable_http_compression', 'http_zlib_compression_level', 'http_response_buffer_size'],
  ...['http_headers_progress_interval_ms', 'cancel_http_readonly_queries_on_client_close'],
  ...[
    'decompress',
    'quota_key',
    'session_timeout',
    'session_check',
    'stacktrace',
    'client_protocol_version',
  ],
])

/** Reads a request whole and checks who asks. */
export async function readRequest(
  message: IncomingMessage,
  url: URL,
  users: Readonly<Record<string, string>> | undefined,
): Promise<FrontRequest> {
  const query = url.searchParams
  if (users) checkUser(message, query, users)
  const database = query.get('database') || message.headers['x-clickhouse-database'] || 'default'
  if (database !== 'default') {
    throw new HttpFailure(81, 'UNKNOWN_DATABASE', `Database ${database} does not exist`)
  }
  const body = await readBody(message)
  const inUrl = query.get('query')
  const settings: Record<string, string> = {}
  for (const [name, value] of query) {
    if (ofTheProtocol.has(name) || name.startsWith('param_')) continue
    if (!/^[a-z_]\w*$/i.test(name)) throw new HttpFailure(115, 'UNKNOWN_SETTING', name)
    settings[name] = value
  }
  if (message.method === 'GET') settings.readonly = '2'
  return {
    sql: inUrl ?? new TextDecoder().decode(body),
    body: inUrl === null ? new Uint8Array(0) : body,
    settings,
    format:
      query.get('default_format') ??
      (message.headers['x-clickhouse-format'] as string | undefined) ??
      'TabSeparated',
    queryId: query.get('query_id') ?? '',
    encoding: query.get('enable_http_compression') === '1' ? acceptedOf(message) : undefined,
    parameter(name, type) {
      const raw = query.get(`param_${name}`)
      return raw === null ? undefined : urlParameterText(raw, type)
    },
  }
}

const acceptedOf = (message: IncomingMessage): string | undefined =>
  ['zstd', 'br', 'gzip', 'deflate'].find((encoding) =>
    String(message.headers['accept-encoding'] ?? '').includes(encoding),
  )

async function readBody(message: IncomingMessage): Promise<Uint8Array> {
  if (Number(message.headers['content-length'] ?? 0) > bodyBytesMax) throw tooLarge()
  let size = 0
  message.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > bodyBytesMax) message.destroy(tooLarge())
  })
  const bytes = await buffer(message)
  const encoding = message.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return bytes
  const decompress = decompressors[encoding]
  if (!decompress) {
    throw new HttpFailure(89, 'UNKNOWN_COMPRESSION_METHOD', `Unknown encoding ${encoding}`)
  }
  try {
    return await decompress(bytes)
  } catch (error) {
    throw new HttpFailure(271, 'CANNOT_DECOMPRESS', (error as Error).message)
  }
}

const tooLarge = (): HttpFailure =>
  new HttpFailure(307, 'TOO_MANY_BYTES', `Requests are read up to ${bodyBytesMax} bytes`)

function checkUser(
  { headers }: IncomingMessage,
  query: URLSearchParams,
  users: Readonly<Record<string, string>>,
): void {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ')
  const basic = scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString('utf8') : ':'
  const colon = basic.indexOf(':')
  const user =
    query.get('user') ?? headers['x-clickhouse-user'] ?? (basic.slice(0, colon) || 'default')
  const password = query.get('password') ?? headers['x-clickhouse-key'] ?? basic.slice(colon + 1)
  if (Object.hasOwn(users, String(user)) && users[String(user)] === password) return
  throw new HttpFailure(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  )
}
