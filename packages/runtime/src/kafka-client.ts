import type { ConnectionOptions } from 'node:tls'
import kafkajs, { type Kafka, type LogEntry, type SASLOptions } from 'kafkajs'
import { registerKafkaCodecs } from './kafka-codecs.ts'
import { boundFetchedBatches } from './kafka-fetched-batches.ts'
import type { Log } from './log.ts'

/** PEM texts; without `ca` the authorities that Node ships are trusted. */
export interface KafkaTls {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> }

export interface KafkaSecurity {
  /** Verified TLS; absent: none. */
  readonly tls?: KafkaTls | undefined
  readonly sasl?: KafkaSasl | undefined
}

export interface KafkaClientOptions {
  readonly brokers: readonly string[]
  /** Name in the broker's logs. */
  readonly clientId: string
  readonly security?: KafkaSecurity | undefined
  readonly log: Log
  /** Answers that take longer count as lost. */
  readonly requestMillis?: number | undefined
}

const requestMillisDefault = 10_000
const connectMillis = 3_000

/**
 * The client of Kafka, set up as Goldpan needs it. Its retries are few: whoever uses it counts
 * failures, knows what they mean, and makes a new client where this one stands still.
 */
export function createKafkaClient(options: KafkaClientOptions): Kafka {
  registerKafkaCodecs()
  boundFetchedBatches()
  const { brokers, clientId, security, log } = options
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectMillis,
    requestTimeout: options.requestMillis ?? requestMillisDefault,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 3 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => writeEntry(log, entry),
    ...(security?.tls ? { ssl: tlsOptions(security.tls) } : {}),
    ...(security?.sasl ? { sasl: saslOptions(security.sasl) } : {}),
  })
}

const tlsOptions = ({ ca, certificate, key }: KafkaTls): ConnectionOptions => ({
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  ...(ca === undefined ? {} : { ca }),
  ...(certificate === undefined ? {} : { cert: certificate }),
  ...(key === undefined ? {} : { key }),
})

function saslOptions(sasl: KafkaSasl): SASLOptions {
  // A copy: the client keeps its authenticator, with the password, on the object that it is given.
  if (sasl.mechanism !== 'oauthbearer') {
    const { mechanism, username, password } = sasl
    return { mechanism, username, password }
  }
  const { mechanism, token } = sasl
  return { mechanism, oauthBearerProvider: async () => ({ value: await token() }) }
}

/** The client says at INFO what concerns nobody, at ERROR what it will try again. */
const levelNames: Readonly<Record<number, 'warnRarely'>> = {
  [kafkajs.logLevel.ERROR]: 'warnRarely',
  [kafkajs.logLevel.WARN]: 'warnRarely',
}

function writeEntry(log: Log, { namespace, level, log: entry }: LogEntry): void {
  const { message, timestamp: _, logger: __, stack: ___, ...fields } = entry
  log[levelNames[level] ?? 'debug']({ client: 'kafkajs', namespace, ...fields }, message)
}
