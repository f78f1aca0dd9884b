import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What goes wrong between a client and a ClickHouse server, on demand:
 * - `refuse`: no connection;
 * - `hang`: the request is taken and nothing happens;
 * - `hang-after`: it took effect, no answer comes;
 * - `cut-before`, `cut-after`: the connection breaks before, or after, it took effect;
 * - `cut-answer`: it breaks in the middle of the answer;
 * - `unavailable`: a 503 of somebody in between;
 * - `memory`: the server's memory limit (241);
 * - `late`: the connection breaks at once, the request takes effect `lateMillis` later.
 * What is no accident, and not among these: `denied`, the user has not the right (497).
 */
export const faults = [
  ...(['refuse', 'hang', 'hang-after', 'cut-before', 'cut-after', 'cut-answer'] as const),
  ...(['unavailable', 'memory', 'late'] as const),
]

export type Fault = (typeof faults)[number] | 'denied'

export interface FaultProxy {
  readonly port: number
  /** Faults of the next requests that `matches`, in this order; then all goes well. */
  plan(next: readonly Fault[], matches?: (query: string) => boolean): void
  /** A fault for every request from now on; undefined ends it. */
  always(fault: Fault | undefined): void
  /** Faults that happened. */
  readonly happened: readonly Fault[]
  /** Resolves when the late requests have taken effect. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Where a ClickHouse listens. */
export interface Upstream {
  readonly host: string
  readonly port: number
}

/** Stands in front of a ClickHouse, on a loopback port. */
export async function startFaultProxy(upstream: Upstream, lateMillis = 300): Promise<FaultProxy> {
  let planned: Fault[] = []
  let matching = (_: string): boolean => true
  let permanent: Fault | undefined
  const happened: Fault[] = []
  const late = new Set<Promise<unknown>>()
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const take = (query: string): Fault | undefined => {
    const fault = permanent ?? (matching(query) ? planned.shift() : undefined)
    if (fault) happened.push(fault)
    return fault
  }
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(incoming)
    const inUrl = new URL(incoming.url!, 'http://localhost').searchParams.get('query')
    const fault = take(inUrl ?? body.toString('latin1'))
    const forward = () => forwardRequest(upstream, incoming, body)
    if (fault === 'late') {
      response.destroy()
      late.add(
        sleep(lateMillis)
          .then(forward)
          .catch(() => undefined),
      )
    } else await suffer(fault, forward, response)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    plan(next, matches = () => true) {
      planned = [...next]
      matching = matches
    },
    always(fault) {
      permanent = fault
      if (fault !== undefined) for (const socket of sockets) socket.destroy()
    },
    happened,
    async settle() {
      await Promise.all(late)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What happens to one request. */
async function suffer(
  fault: Fault | undefined,
  forward: () => Promise<Answer>,
  response: ServerResponse,
): Promise<void> {
  switch (fault) {
    case 'hang':
      return
    case 'hang-after':
      await forward()
      return
    case 'cut-after':
      await forward()
      response.destroy()
      return
    case 'cut-answer':
      await cutAnswer(await forward(), response)
      return
    case 'unavailable':
      response.writeHead(503, { 'Content-Type': 'text/plain' }).end('upstream is not available')
      return
    case 'memory':
      response
        .writeHead(500, { 'X-ClickHouse-Exception-Code': '241' })
        .end('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n')
      return
    case 'denied':
      response
        .writeHead(403, { 'X-ClickHouse-Exception-Code': '497' })
        .end('Code: 497. DB::Exception: somebody: Not enough privileges. (ACCESS_DENIED)\n')
      return
    case undefined: {
      const { status, headers, bytes } = await forward()
      response.writeHead(status, headers as Record<string, string>).end(bytes)
      return
    }
    default:
      response.destroy()
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly bytes: Buffer
}

function forwardRequest(
  upstream: Upstream,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const { method, url, headers } = incoming
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(body.length) }
    const { 'transfer-encoding': _, ...kept } = headers
    const outgoing = request(
      { ...upstream, method, path: url, headers: { ...kept, ...length } },
      (answer) => {
        buffer(answer).then(
          (bytes) => resolve({ status: answer.statusCode!, headers: answer.headers, bytes }),
          reject,
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function cutAnswer({ status, headers, bytes }: Answer, response: ServerResponse) {
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length + 1) } as never)
  response.write(bytes.subarray(0, bytes.length >> 1))
  await sleep(10)
  response.destroy()
}
