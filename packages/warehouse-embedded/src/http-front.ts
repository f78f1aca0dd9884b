import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Engine } from './engine.ts'
import { answerError, answerText, HttpFailure } from './http-answer.ts'
import { readRequest } from './http-request.ts'
import { runRequest } from './http-statement.ts'
import { socketAddress } from './socket-address.ts'

/**
 * ClickHouse's HTTP protocol on the embedded engine: as much of it as its own client uses, so that
 * other processes work beside the one that holds the folder. It is no server for a network: the
 * unix socket belongs to its user, the port listens on the loopback alone.
 */
export interface HttpFront {
  /** Port that it listens on; 0 for a unix socket. */
  readonly port: number
  close(): Promise<void>
}

export type FrontAddress =
  | { readonly path: string }
  | {
      readonly port: number
      /** Passwords by user; without it everybody is let in. */
      readonly users?: Readonly<Record<string, string>>
    }

const connectionsMax = 64

/** Listens on a unix socket (mode 0600) or on a loopback port, until `close`. */
export async function serveEngine(engine: Engine, address: FrontAddress): Promise<HttpFront> {
  const users = 'users' in address ? address.users : undefined
  const server = createServer((request, response) => {
    answer(engine, users, request, response).catch(() => response.destroy())
  })
  server.maxConnections = connectionsMax
  server.requestTimeout = 0
  await listen(server, address)
  server.unref()
  return {
    port: 'port' in address ? (server.address() as AddressInfo).port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, address: FrontAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', resolve)
    if ('port' in address) server.listen(address.port, '127.0.0.1')
    else {
      // What a killed process left: the folder's lock is ours.
      rmSync(address.path, { force: true })
      const mask = process.umask(0o177)
      try {
        server.listen(socketAddress(address.path))
      } finally {
        process.umask(mask)
      }
      if (server.listening) chmodSync(address.path, 0o600)
    }
  })
}

async function answer(
  engine: Engine,
  users: Readonly<Record<string, string>> | undefined,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(message.url ?? '/', 'http://localhost')
    if (message.method === 'GET' && /^\/(?:ping)?$/.test(url.pathname) && url.search === '') {
      answerText(response, 'Ok.\n')
      return
    }
    const request = await readRequest(message, url, users)
    await runRequest(engine, request, response)
  } catch (error) {
    answerError(response, HttpFailure.from(error))
  }
}
