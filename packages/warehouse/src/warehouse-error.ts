/** Why a warehouse did not do what it was asked for. */
export const warehouseErrorCodes = [
  'AWAY',
  'BUSY',
  'WRONG_PASSWORD',
  'NO_RIGHTS',
  'NO_DATABASE',
  'UNTRUSTED_CERTIFICATE',
  'NOT_CLICKHOUSE',
  'REFUSED',
] as const

export type WarehouseErrorCode = (typeof warehouseErrorCodes)[number]

/** A failed statement: one sentence, and whether the same statement may yet succeed. */
export class WarehouseError extends Error {
  readonly code: WarehouseErrorCode
  readonly isRetriable: boolean

  constructor(code: WarehouseErrorCode, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'WarehouseError'
    this.code = code
    this.isRetriable = code === 'AWAY' || code === 'BUSY'
  }
}

export interface Asked {
  readonly url: string
  readonly user: string
  readonly database: string
}

/** Exceptions of a server that cannot now, by type: the same statement may succeed later. */
const busyTypes = new Set([
  ...['MEMORY_LIMIT_EXCEEDED', 'TOO_MANY_SIMULTANEOUS_QUERIES', 'TOO_MANY_PARTS'],
  ...['TIMEOUT_EXCEEDED', 'SOCKET_TIMEOUT', 'NETWORK_ERROR', 'NOT_ENOUGH_SPACE'],
  ...['CANNOT_SCHEDULE_TASK', 'QUERY_WAS_CANCELLED', 'KEEPER_EXCEPTION', 'TABLE_IS_READ_ONLY'],
  ...['UNKNOWN_STATUS_OF_INSERT', 'NO_ZOOKEEPER', 'ALL_CONNECTION_TRIES_FAILED', 'ABORTED'],
  ...['TOO_FEW_LIVE_REPLICAS', 'UNKNOWN_EXCEPTION', 'STD_EXCEPTION', 'SERVER_OVERLOADED'],
  'NO_FREE_CONNECTION',
])

const certificateCodes =
  /^(?:DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT\w+)$/

/** What the client threw, in one sentence. */
export function explainWarehouseError(error: unknown, asked: Asked): WarehouseError {
  if (error instanceof WarehouseError) return error
  const { code = '', type = '', message = '' } = error as Record<string, string>
  const { url, user, database } = asked
  const first = message.trim().split('\n')[0]!.slice(0, 500)
  const because = (kind: WarehouseErrorCode, sentence: string): WarehouseError =>
    new WarehouseError(kind, sentence, error)
  if (certificateCodes.test(code)) {
    return because(
      'UNTRUSTED_CERTIFICATE',
      `the certificate of the warehouse ${url} cannot be verified (${code}): ` +
        'name its authority with warehouse.ca_file',
    )
  }
  if (/^(?:AUTHENTICATION_FAILED|REQUIRED_PASSWORD|WRONG_PASSWORD|UNKNOWN_USER)$/.test(type)) {
    return because(
      'WRONG_PASSWORD',
      `the warehouse ${url} does not let in the user ${user}: ` +
        'check the user in the URL and the password in warehouse.password_file',
    )
  }
  if (type === 'ACCESS_DENIED' || type === 'READONLY') {
    return because(
      'NO_RIGHTS',
      `the user ${user} has not the rights for this on the warehouse ${url} (${first}): ` +
        'use a user of its migrations, or grant it the rights',
    )
  }
  if (type === 'UNKNOWN_DATABASE') {
    return because(
      'NO_DATABASE',
      `the warehouse ${url} has no database ${database}: ` +
        `create it there (CREATE DATABASE ${database}), or name another behind the port`,
    )
  }
  if (busyTypes.has(type)) {
    return because('BUSY', `the warehouse ${url} cannot take this now (${type}: ${first})`)
  }
  if (type !== '') return because('REFUSED', `${type}: ${first}`)
  return explainWithoutType(asked, code, first, because)
}

/** Where no answer of ClickHouse came back: a connection that failed, or somebody else's page. */
function explainWithoutType(
  { url }: Asked,
  code: string,
  first: string,
  because: (kind: WarehouseErrorCode, sentence: string) => WarehouseError,
): WarehouseError {
  if (/<html|<!doctype/i.test(first)) {
    return because('NOT_CLICKHOUSE', `what answers at ${url} is no ClickHouse: check the port`)
  }
  if (code === 'EPROTO' || /^HPE_|^ERR_SSL/.test(code)) {
    return because(
      'NOT_CLICKHOUSE',
      `what answers at ${url} does not speak its protocol (${code}): ` +
        'check the port and whether it is http or https',
    )
  }
  return because(
    'AWAY',
    `the warehouse ${url} does not answer (${code || first || 'connection lost'}): ` +
      'check that it runs and that its address is right',
  )
}
