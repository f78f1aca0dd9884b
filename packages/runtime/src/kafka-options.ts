import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import type { busSection } from './bus-section.ts'
import { type BusUrl, parseBusUrl } from './bus-url.ts'
import type { ConfigOf } from './config-section.ts'
import type { Compression } from './kafka-codecs.ts'
import type { TopicSettings } from './kafka-topics.ts'
import { readSecret } from './read-config.ts'

export type BusConfig = ConfigOf<{ readonly bus: typeof busSection }>['bus']

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

/** What every client of Kafka is made with. */
export interface KafkaOptions {
  readonly brokers: readonly string[]
  readonly security: KafkaSecurity
  readonly topics: TopicSettings
  readonly compression: Compression
}

/** Where the configured bus is, with what its clients need; the error is one sentence. */
export type ConfiguredBus =
  | { readonly kind: 'kafka'; readonly kafka: KafkaOptions }
  | { readonly kind: 'file'; readonly folder: string }

/** Reads the section `bus`: secrets and certificates come from their files. */
export function readBusOptions(bus: BusConfig): Result<ConfiguredBus, string> {
  if (bus.url === undefined) {
    return err('bus.url is not set: name the bus in the configuration or on the command line')
  }
  const url = parseBusUrl(bus.url)
  if (!url.ok) return err(url.error.message)
  if (url.value.kind === 'file') return ok(url.value)
  const security = readSecurity(bus, url.value)
  if (!security.ok) return security
  return ok({
    kind: 'kafka',
    kafka: {
      brokers: url.value.brokers,
      security: security.value,
      topics: {
        create: bus.create_topics,
        partitions: bus.partitions,
        replication: bus.replication,
        retentionHours: bus.retention / 3_600_000,
      },
      compression: bus.compression,
    },
  })
}

function readSecurity(
  bus: BusConfig,
  url: BusUrl & { readonly kind: 'kafka' },
): Result<KafkaSecurity, string> {
  const sasl = readSasl(bus)
  if (!sasl.ok) return sasl
  if (!url.tls) {
    const pem = (['ca_file', 'cert_file', 'key_file'] as const).find((key) => bus[key])
    if (pem)
      return err(`bus.${pem} is set, but the bus is not reached over TLS: write kafka+tls://`)
    return ok({ sasl: sasl.value })
  }
  if ((bus.cert_file === undefined) !== (bus.key_file === undefined)) {
    return err('bus.cert_file and bus.key_file belong together: set both or none')
  }
  try {
    const tls: KafkaTls = {
      ca: readPem(bus.ca_file),
      certificate: readPem(bus.cert_file),
      key: readPem(bus.key_file),
    }
    return ok({ tls, sasl: sasl.value })
  } catch (error) {
    return err(`a certificate of the bus cannot be read (${(error as Error).message}): check it`)
  }
}

function readSasl(bus: BusConfig): Result<KafkaSasl | undefined, string> {
  const { sasl_mechanism: mechanism, sasl_username: username, sasl_password_file: file } = bus
  if (mechanism === 'none') {
    if (username === undefined && file === undefined) return ok(undefined)
    return err('bus.sasl_username is of no use without bus.sasl_mechanism: set it, or unset both')
  }
  if (file === undefined) return err(`bus.sasl_password_file is not set: ${mechanism} needs it`)
  if (mechanism === 'oauth') {
    // Read at each use: whoever renews the token writes it there.
    return ok({
      mechanism: 'oauthbearer',
      token: async () => {
        const token = readSecret(file)
        if (!token.ok) throw new Error(token.error)
        return token.value
      },
    })
  }
  const password = readSecret(file)
  if (!password.ok) return err(`bus.sasl_password_file: ${password.error}`)
  if (username === undefined) return err(`bus.sasl_username is not set: ${mechanism} needs it`)
  return ok({ mechanism, username, password: password.value })
}

const readPem = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, 'utf8')
