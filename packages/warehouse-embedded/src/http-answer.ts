import type { ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

/** A failure as ClickHouse's HTTP protocol says it. */
export class HttpFailure extends Error {
  readonly code: number
  readonly type: string

  constructor(code: number, type: string, message: string) {
    super(message)
    this.code = code
    this.type = type
  }

  /** The engine's errors carry its own code and type; anything else is ours. */
  static from(error: unknown): HttpFailure {
    if (error instanceof HttpFailure) return error
    const { code, type, message } = error as { code?: string; type?: string; message: string }
    return /^\d+$/.test(code ?? '') && type
      ? new HttpFailure(Number(code), type, message.trim())
      : new HttpFailure(1002, 'UNKNOWN_EXCEPTION', message)
  }
}

/** HTTP status of an exception, as ClickHouse maps them; 500 for the others. */
const statusOf: Readonly<Record<number, number>> = {
  194: 401,
  ...Object.fromEntries([192, 193, 291, 497, 516].map((code) => [code, 403])),
  ...Object.fromEntries([60, 81, 47, 16].map((code) => [code, 404])),
  ...Object.fromEntries([62, 26, 27, 38, 53, 72, 130, 456].map((code) => [code, 400])),
  307: 413,
  159: 408,
}

export function answerError(response: ServerResponse, { code, type, message }: HttpFailure): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(statusOf[code] ?? 500, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Exception-Code': code,
    Connection: 'close',
  })
  response.end(`Code: ${code}. DB::Exception: ${message} (${type}) (version embedded)\n`)
}

export function answerText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=UTF-8' })
  response.end(text)
}

const compressors: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  deflate: (bytes) => deflateSync(bytes, { level: 1 }),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
}

const contentTypes: readonly (readonly [RegExp, string])[] = [
  [/^JSON(?:Compact|Strings)?$/i, 'application/json; charset=UTF-8'],
  [/^JSON/i, 'application/x-ndjson; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8'],
  [/^(?:Arrow|Native|RowBinary|Parquet)/i, 'application/octet-stream'],
  [/^(?:TabSeparated|TSV)/i, 'text/tab-separated-values; charset=UTF-8'],
]

/** Answers with the rows of a statement, compressed where the client asked for it. */
export function answerBytes(
  response: ServerResponse,
  { queryId, encoding }: { readonly queryId: string; readonly encoding: string | undefined },
  bytes: Uint8Array,
  format: string,
): void {
  const compress = encoding === undefined ? undefined : compressors[encoding]
  const body = compress && bytes.length > 0 ? compress(bytes) : bytes
  response.writeHead(200, {
    'Content-Type':
      contentTypes.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8',
    'Content-Length': body.length,
    'X-ClickHouse-Query-Id': queryId,
    'X-ClickHouse-Format': format,
    'X-ClickHouse-Summary': '{}',
    ...(body === bytes ? {} : { 'Content-Encoding': encoding }),
  })
  response.end(body)
}
