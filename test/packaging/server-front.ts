import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { Warehouse } from '@goldpan/warehouse'

/**
 * What a ClickHouse server has and the engine as a library has not, in front of the latter: a
 * database of its own name, and users with passwords, who get in with what `goldpan migrate` gave
 * them. Statements about users and roles are parsed by the engine and go no further.
 */
export interface ServerFront {
  readonly port: number
  /** Statements about users, roles and profiles that came. */
  readonly access: readonly string[]
  close(): Promise<void>
}

export interface ServerFrontOptions {
  readonly warehouse: Warehouse
  /** Port at which the engine is served to everybody. */
  readonly port: number
  readonly database: string
  /** The administrator, as the server's own configuration has it. */
  readonly admin: { readonly user: string; readonly password: string }
}

const ofAccess = /^\s*(?:GRANT\b|(?:CREATE|ALTER)\s+(?:USER|ROLE|SETTINGS PROFILE)\b)/
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Listens on a free loopback port. */
export async function startServerFront(options: ServerFrontOptions): Promise<ServerFront> {
  const { warehouse, admin } = options
  const access: string[] = []
  const hashes = new Map([[admin.user, sha256(admin.password)]])
  const takeAccess = async (sql: string): Promise<void> => {
    await warehouse.query('SELECT formatQuery({sql:String}) AS formatted', { sql })
    access.push(sql)
    const [, user, hash] =
      /^ALTER USER (\w+)\s+IDENTIFIED WITH sha256_hash BY '(\w+)'/.exec(sql) ?? []
    if (user && hash) hashes.set(user, hash)
  }
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url!, 'http://localhost')
    const body = await bodyOf(incoming)
    const [user, password] = credentialsOf(incoming)
    if (hashes.get(user) !== sha256(password)) {
      const says = `Code: 516. DB::Exception: ${user}: refused. (AUTHENTICATION_FAILED)`
      response.writeHead(403, { 'X-ClickHouse-Exception-Code': '516' }).end(says)
      return
    }
    const sql = url.searchParams.get('query') ?? body.toString('utf8')
    if (ofAccess.test(sql)) await takeAccess(sql.trim())
    const isDone = ofAccess.test(sql) || /^\s*CREATE DATABASE\b/.test(sql)
    if (isDone) response.end()
    else forward(options, { incoming, url, body }, response)
  }
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: Error) => {
      response.writeHead(400, { 'X-ClickHouse-Exception-Code': '62' })
      response.end(`Code: 62. DB::Exception: ${error.message} (SYNTAX_ERROR)`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    access,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const bytes = await buffer(incoming)
  return incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
}

function credentialsOf({ headers }: IncomingMessage): [user: string, password: string] {
  const [, basic = ''] = (headers.authorization ?? '').split(' ')
  const text = Buffer.from(basic, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return [text.slice(0, colon), text.slice(colon + 1)]
}

interface Asked {
  readonly incoming: IncomingMessage
  readonly url: URL
  readonly body: Buffer
}

/** The library has one database, `default`: it stands for the server's. */
function forward({ port, database }: ServerFrontOptions, asked: Asked, response: ServerResponse) {
  const { incoming, url } = asked
  const isOurs = url.searchParams.get('database') === database
  if (isOurs) url.searchParams.set('database', 'default')
  const isCreation = /^\s*CREATE\b/.test(asked.body.subarray(0, 100).toString('latin1'))
  const body = isCreation
    ? Buffer.from(asked.body.toString('utf8').replaceAll(`${database}.`, 'default.'))
    : asked.body
  const { authorization: _, 'transfer-encoding': __, ...rest } = incoming.headers
  const { 'content-encoding': ___, ...headers } = rest
  const outgoing = request(
    {
      ...{ host: '127.0.0.1', port, method: incoming.method, path: `${url.pathname}${url.search}` },
      headers: { ...headers, 'content-length': String(body.length) },
    },
    (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    },
  )
  outgoing.on('error', () => response.destroy())
  outgoing.end(body)
}
