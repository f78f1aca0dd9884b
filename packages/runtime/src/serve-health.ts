import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { err, ok, type Result } from '@goldpan/core'
import type { Metrics } from './metrics.ts'

/** Why a service cannot do its work now; ready when there is no reason. */
export interface Readiness {
  /** Lower-case sentences such as `the broker is away since 12 s`. */
  readonly notReady: readonly string[]
}

export interface HealthOptions {
  /** `HOST:PORT`, `[HOST]:PORT` or `off`; port 0 takes a free one. */
  readonly listen: string
  readonly metrics: Pick<Metrics, 'format' | 'contentType'>
  readonly isReady: () => Readiness | Promise<Readiness>
}

export interface HealthServer {
  /** Such as `http://127.0.0.1:9601`; undefined when it is off. */
  readonly url: string | undefined
  close(): Promise<void>
}

/** How many connections are held at once; more are refused. */
const connectionsMax = 64
const headerBytesMax = 4096
const requestMillisMax = 5000

/** Serves /metrics, /healthz (the process turns) and /readyz (it can do its work). */
export async function serveHealth(options: HealthOptions): Promise<Result<HealthServer, string>> {
  const { listen } = options
  if (listen === 'off') return ok({ url: undefined, close: async () => {} })
  const address = parseListen(listen)
  if (!address) return err(`${listen} is no address to listen on: write HOST:PORT or off`)
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: requestMillisMax,
    requestTimeout: requestMillisMax,
    keepAliveTimeout: requestMillisMax,
    connectionsCheckingInterval: requestMillisMax / 2,
  })
  server.maxConnections = connectionsMax
  const answer = createAnswers(options)
  server.on('request', (request, response) => {
    request.resume()
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain', 'only GET and HEAD\n')
    } else void answer(new URL(request.url ?? '/', 'http://x').pathname, response)
  })
  const failure = await listening(server, address)
  if (failure) return err(`cannot listen on ${listen} (${failure}): choose another address`)
  // What only watches the work must not keep it alive.
  server.unref()
  return ok({
    url: formatUrl(server.address() as AddressInfo),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

function createAnswers({ metrics, isReady }: HealthOptions) {
  // Scrapes that come together share one walk over the metrics.
  let formatting: Promise<string> | undefined
  const format = (): Promise<string> => {
    formatting ??= metrics.format().finally(() => {
      formatting = undefined
    })
    return formatting
  }
  return async (path: string, response: ServerResponse): Promise<void> => {
    try {
      if (path === '/healthz') send(response, 200, 'text/plain', 'ok\n')
      else if (path === '/metrics') send(response, 200, metrics.contentType, await format())
      else if (path === '/readyz') {
        const { notReady } = await isReady()
        const body = `${JSON.stringify({ ready: notReady.length === 0, notReady })}\n`
        send(response, notReady.length === 0 ? 200 : 503, 'application/json', body)
      } else send(response, 404, 'text/plain', 'ask /metrics, /healthz or /readyz\n')
    } catch (error) {
      send(response, 500, 'text/plain', `${(error as Error).message}\n`)
    }
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}

function parseListen(listen: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(listen)
  const port = Number(match?.[3])
  if (!match || port > 65_535) return undefined
  return { host: (match[1] ?? match[2])!, port }
}

const listening = (
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string | undefined> =>
  new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => resolve(undefined))
  })

const formatUrl = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
