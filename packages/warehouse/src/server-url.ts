import { err, ok, type Result } from '@goldpan/core'

/** A warehouse on a ClickHouse server: `http(s)://USER@HOST:PORT/DATABASE`. */
export interface ServerUrl {
  /** Scheme, host and port. */
  readonly origin: string
  readonly user: string
  readonly database: string
}

export interface BadUrl {
  readonly code: 'BAD_URL'
  readonly message: string
}

/** Whether a `--warehouse` names a server; a folder else. */
export const isServerUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** Reads the address of a server; a password has no place in it (process lists show it). */
export function parseServerUrl(text: string): Result<ServerUrl, BadUrl> {
  const shown = text.replace(/:[^/@]*@/, ':…@')
  const bad = (reason: string): Result<never, BadUrl> =>
    err({
      code: 'BAD_URL',
      message: `${shown} ${reason}: write http(s)://USER@HOST:PORT/DATABASE`,
    })
  if (!URL.canParse(text)) return bad('is no address of a warehouse')
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) return bad('is neither http nor https')
  if (url.password !== '') {
    return err({
      code: 'BAD_URL',
      message:
        `${shown} holds a password: put it in a file and name that with ` +
        'warehouse.password_file (GOLDPAN_WAREHOUSE_PASSWORD_FILE)',
    })
  }
  if (url.search !== '' || url.hash !== '') return bad('has more than a database behind its host')
  const database = decodeURIComponent(url.pathname.replace(/^\/|\/$/g, ''))
  if (!/^\w*$/.test(database)) return bad('names no database that goldpan could use')
  return ok({
    origin: url.origin,
    user: decodeURIComponent(url.username) || 'default',
    database: database || 'default',
  })
}
