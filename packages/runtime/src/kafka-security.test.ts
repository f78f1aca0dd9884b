import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { missingBroker } from '../../../test/broker/broker-jars.ts'
import { testUser } from '../../../test/broker/broker-properties.ts'
import { keepingLog, pem } from '../../../test/broker/bus-reader.ts'
import { type SharedBroker, sharedBroker } from '../../../test/broker/shared-broker.ts'
import type { KafkaSasl, KafkaSecurity } from './kafka-options.ts'
import { createKafkaSender } from './kafka-sender.ts'
import { topicSettingsDefault } from './kafka-topics.ts'

const missing =
  missingBroker() ??
  (process.env.KAFKA_BROKERS === undefined ? undefined : 'KAFKA_BROKERS has no such listeners')

/** Sends one message: undefined when it is acknowledged, else what was warned of. */
async function trySending(brokers: string[], security: KafkaSecurity): Promise<string | undefined> {
  const log = keepingLog()
  const sender = createKafkaSender({
    ...{ brokers, security, log, topics: topicSettingsDefault, compression: 'none' },
  })
  const source = { service: randomUUID(), site: 'ams', sensor: 'x' }
  const numbers = { boot: 'b', n: 0, firstRow: 0, rows: 1 }
  const value = Buffer.from('x')
  const sent = sender
    .send({ topic: 'goldpan.handshakes.v1', source, ...numbers, value })
    .then(() => 'sent')
    .catch(() => 'closed')
  for (let waited = 0; waited < 20_000; waited += 50) {
    if ((await Promise.race([sent, delay(50)])) === 'sent') break
    if (log.warnings.some((text) => text.startsWith('messages not sent'))) break
  }
  await sender.close()
  return (await sent) === 'sent' ? undefined : log.warnings.join('\n')
}

/** What an issuer of unsigned tokens would say, RFC 7519 §6. */
function unsignedToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'none' })}.${part({ sub: 'sensor', iat: now, exp: now + 600 })}.`
}

const mechanisms: readonly KafkaSasl[] = [
  { mechanism: 'plain', ...testUser },
  { mechanism: 'scram-sha-256', ...testUser },
  { mechanism: 'scram-sha-512', ...testUser },
  { mechanism: 'oauthbearer', token: async () => unsignedToken() },
]

const tlsOf = ({ certificates }: SharedBroker) => ({ ca: pem(certificates.ca) })

describe.skipIf(missing)(`a broker that asks who is there ${missing ?? ''}`, () => {
  it.each(mechanisms)('takes SASL $mechanism', async (sasl) => {
    const broker = await sharedBroker()
    expect(await trySending([broker.sasl], { sasl })).toBeUndefined()
  })

  it('takes SASL over verified TLS', async () => {
    const broker = await sharedBroker()
    const sasl = mechanisms[2]!
    expect(await trySending([broker.saslTls], { sasl, tls: tlsOf(broker) })).toBeUndefined()
  })

  it.each(mechanisms.slice(0, 3))('refuses a wrong password, $mechanism', async (sasl) => {
    const broker = await sharedBroker()
    const wrong = { ...sasl, password: 'a-wrong-secret' } as KafkaSasl
    const warned = await trySending([broker.sasl], { sasl: wrong })
    expect(warned).toMatch(/[Aa]uthentication/)
    expect(warned).not.toContain('a-wrong-secret')
  })

  it('takes a client certificate', async () => {
    const broker = await sharedBroker()
    const { clientCertificate, clientKey } = broker.certificates
    const tls = { ...tlsOf(broker), certificate: pem(clientCertificate), key: pem(clientKey) }
    expect(await trySending([broker.tls], { tls })).toBeUndefined()
  })

  it('refuses a sensor without one', async () => {
    const broker = await sharedBroker()
    expect(await trySending([broker.tls], { tls: tlsOf(broker) })).toBeDefined()
  })

  it('is refused when an authority that nobody trusts signed its certificate', async () => {
    const broker = await sharedBroker()
    const tls = { ca: pem(broker.certificates.strangerCa) }
    const warned = await trySending([broker.saslTls], { tls, sasl: mechanisms[0]! })
    expect(warned).toMatch(/certificate/)
  })

  it('is refused when its certificate speaks of another name', async () => {
    const broker = await sharedBroker()
    const other = broker.saslTls.replace('127.0.0.1', 'localhost')
    const warned = await trySending([other], { tls: tlsOf(broker), sasl: mechanisms[0]! })
    expect(warned).toMatch(/altnames/)
  })
})
