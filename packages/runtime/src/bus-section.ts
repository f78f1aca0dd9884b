import { choice, duration, flag, integer, path, secretFile, text } from './config-key.ts'
import { section } from './config-section.ts'

const busPattern = /^(?:kafka(?:\+tls)?:\/\/[^/?#]+|file:.+)$/

/** The user and password of a URL would stand in every process list and log. */
const refuseCredentials = (url: string): string | undefined =>
  /^[a-z+]+:\/\/[^/]*@/.test(url)
    ? 'credentials do not belong in a URL, set bus.sasl_username and bus.sasl_password_file'
    : undefined

export const busSection = section('Where batches go from the sensors to the estimators.', {
  url: text({
    pattern: busPattern,
    refuse: refuseCredentials,
    expects: 'kafka://HOST:PORT[,HOST:PORT…], kafka+tls://HOST:PORT[,…] or file:DIR',
    about: 'The bus: brokers, with kafka+tls over TLS, or a folder.',
  }),
  ca_file: path({ about: 'PEM file of the authority that signed the brokers’ certificates.' }),
  cert_file: path({ about: 'PEM file of this client’s certificate.' }),
  key_file: secretFile({ about: 'PEM file of this client’s private key.' }),
  sasl_mechanism: choice({
    words: ['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauth'],
    default: 'none',
    about: 'How this client proves who it is.',
  }),
  sasl_username: text({ about: 'User name for SASL.' }),
  sasl_password_file: secretFile({
    about: 'File that holds the password, or with oauth the token, for SASL.',
  }),
  compression: choice({
    words: ['none', 'gzip', 'lz4', 'zstd'],
    default: 'zstd',
    about: 'How batches are compressed.',
  }),
  create_topics: flag({ default: true, about: 'Whether missing topics are created.' }),
  partitions: integer({
    default: 4,
    min: 1,
    max: 10_000,
    unit: 'partitions',
    about: 'Partitions of a topic that is created; fixed per topic version afterwards.',
  }),
  replication: integer({
    default: 1,
    min: 1,
    max: 100,
    unit: 'copies',
    about: 'Replication factor of a topic that is created.',
  }),
  retention: duration({
    default: '3d',
    min: '1h',
    about: 'How long a topic that is created keeps its messages.',
  }),
})
