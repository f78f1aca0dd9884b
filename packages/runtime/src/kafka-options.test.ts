import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { busSection } from './bus-section.ts'
import { readBusOptions } from './kafka-options.ts'
import { topicSettingsDefault } from './kafka-topics.ts'
import { readConfig } from './read-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-bus-options-'))
afterAll(() => rmSync(folder, { recursive: true }))
const password = join(folder, 'password')
writeFileSync(password, 'sesame\n', { mode: 0o600 })

function read(settings: Record<string, unknown>) {
  const overrides = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`bus.${key}`, value]),
  )
  const config = readConfig({ bus: busSection }, { env: {}, overrides })
  if (!config.ok) throw new Error(config.error.message)
  return readBusOptions(config.value.config.bus)
}

it('makes the clients’ options of a bus without secrets', () => {
  expect(read({ url: 'kafka://b1:9092,b2' })).toEqual({
    ok: true,
    value: {
      kind: 'kafka',
      kafka: {
        brokers: ['b1:9092', 'b2:9092'],
        security: { sasl: undefined },
        topics: topicSettingsDefault,
        compression: 'zstd',
      },
    },
  })
})

it('reads the password and the certificates from their files', () => {
  const bus = read({
    ...{ url: 'kafka+tls://b1:9093', ca_file: password },
    ...{ sasl_mechanism: 'scram-sha-512', sasl_username: 'u', sasl_password_file: password },
  })
  expect(bus.ok && bus.value.kind === 'kafka' && bus.value.kafka.security).toEqual({
    tls: { ca: 'sesame\n', certificate: undefined, key: undefined },
    sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'sesame' },
  })
})

it('reads a token anew at each use', async () => {
  const token = join(folder, 'token')
  writeFileSync(token, 'one', { mode: 0o600 })
  const bus = read({
    url: 'kafka+tls://b1:9093',
    sasl_mechanism: 'oauth',
    sasl_password_file: token,
  })
  const sasl = bus.ok && bus.value.kind === 'kafka' ? bus.value.kafka.security.sasl : undefined
  if (sasl?.mechanism !== 'oauthbearer') throw new Error('no token')
  expect(await sasl.token()).toBe('one')
  writeFileSync(token, 'two\n')
  expect(await sasl.token()).toBe('two')
})

it.each([
  [{}, 'bus.url is not set: name the bus in the configuration or on the command line'],
  [
    { url: 'kafka://b', ca_file: password },
    'bus.ca_file is set, but the bus is not reached over TLS: write kafka+tls://',
  ],
  [
    { url: 'kafka+tls://b', cert_file: password },
    'bus.cert_file and bus.key_file belong together: set both or none',
  ],
  [
    { url: 'kafka://b', sasl_username: 'u' },
    'bus.sasl_username is of no use without bus.sasl_mechanism: set it, or unset both',
  ],
  [
    { url: 'kafka://b', sasl_mechanism: 'plain', sasl_username: 'u' },
    'bus.sasl_password_file is not set: plain needs it',
  ],
])('refuses %j in one sentence', (settings, error) => {
  expect(read(settings)).toEqual({ ok: false, error })
})

it('takes a folder for a bus', () => {
  expect(read({ url: 'file:/var/spool/x' })).toEqual({
    ok: true,
    value: { kind: 'file', folder: '/var/spool/x' },
  })
})
