import { err, ok, type Result } from '@goldpan/core'

/** Where the bus is: brokers of Kafka, or a folder. */
export type BusUrl =
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly tls: boolean }
  | { readonly kind: 'file'; readonly folder: string }

export interface BusUrlError {
  readonly code: 'BAD_BUS_URL'
  /** One sentence: what is wrong and what to write. */
  readonly message: string
}

const kafkaPort = '9092'
const bad = (message: string) => err({ code: 'BAD_BUS_URL' as const, message })

/**
 * Reads `kafka://HOST[:PORT][,HOST[:PORT]…]`, `kafka+tls://…` or `file:DIR`. A URL stands in
 * process lists and logs, so one that holds a name or password is refused and not repeated.
 */
export function parseBusUrl(text: string): Result<BusUrl, BusUrlError> {
  if (text.startsWith('file:')) {
    const folder = text.slice('file:'.length).replace(/^\/\/(?=\/)/, '')
    return folder === ''
      ? bad('the bus file: names no folder: write file:DIR')
      : ok({ kind: 'file', folder })
  }
  const match = /^kafka(\+tls)?:\/\/([^/]*)\/?$/.exec(text)
  if (text.includes('@')) {
    return bad('the bus URL holds credentials: put them into files named in the section bus')
  }
  if (!match) {
    return bad(`${text} is no bus: write kafka://HOST:PORT[,…], kafka+tls://HOST:PORT or file:DIR`)
  }
  const brokers = match[2]!.split(',').map(withPort)
  const wrong = brokers.indexOf(undefined)
  if (wrong >= 0) return bad(`broker ${wrong + 1} of ${text} is no HOST:PORT`)
  return ok({ kind: 'kafka', brokers: brokers as string[], tls: match[1] !== undefined })
}

function withPort(text: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const port = Number(match[2] ?? kafkaPort)
  return port >= 1 && port <= 65_535 ? `${match[1]}:${port}` : undefined
}
