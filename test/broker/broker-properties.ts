import type { Certificates } from './certificates.ts'

/** The one user of the broker of the tests; not a secret. */
export const testUser = { username: 'sensor', password: 'only-for-tests' } as const

/** Ports of the listeners. */
export interface BrokerPorts {
  readonly plain: number
  readonly controller: number
  readonly sasl: number
  readonly tls: number
  readonly saslTls: number
}

const login = (module: string, options: Readonly<Record<string, string>>): string => {
  const text = Object.entries(options).map(([key, value]) => ` ${key}="${value}"`)
  return `org.apache.kafka.common.security.${module} required${text.join('')};`
}

/** Settings of the listeners that ask for a name: every mechanism that Goldpan speaks. */
function saslSettings(listener: string): Record<string, string> {
  const { username, password } = testUser
  const oauth = 'org.apache.kafka.common.security.oauthbearer.internals.unsecured'
  const scram = login('scram.ScramLoginModule', {})
  const mechanisms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    plain: {
      'sasl.jaas.config': login('plain.PlainLoginModule', { [`user_${username}`]: password }),
    },
    'scram-sha-256': { 'sasl.jaas.config': scram },
    'scram-sha-512': { 'sasl.jaas.config': scram },
    oauthbearer: {
      'sasl.jaas.config': login('oauthbearer.OAuthBearerLoginModule', {
        unsecuredLoginStringClaim_sub: 'broker',
      }),
      'sasl.server.callback.handler.class': `${oauth}.OAuthBearerUnsecuredValidatorCallbackHandler`,
      'sasl.login.callback.handler.class': `${oauth}.OAuthBearerUnsecuredLoginCallbackHandler`,
    },
  }
  const settings: Record<string, string> = {
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: Object.keys(mechanisms)
      .map((name) => name.toUpperCase())
      .join(','),
  }
  for (const [mechanism, values] of Object.entries(mechanisms)) {
    for (const [key, value] of Object.entries(values)) {
      settings[`listener.name.${listener}.${mechanism}.${key}`] = value
    }
  }
  return settings
}

/** The properties file of one broker that is its own controller. */
export function brokerProperties(
  folder: string,
  ports: BrokerPorts,
  certificates: Certificates,
): string {
  const listeners = Object.entries({
    PLAIN: ports.plain,
    CONTROLLER: ports.controller,
    SASL: ports.sasl,
    TLS: ports.tls,
    SASLTLS: ports.saslTls,
  }).map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    listeners: listeners.join(','),
    'advertised.listeners': listeners.filter((text) => !text.startsWith('CONTROLLER')).join(','),
    'listener.security.protocol.map':
      'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,SASLTLS:SASL_SSL',
    'log.dirs': `${folder}/log`,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'auto.create.topics.enable': 'false',
    'num.network.threads': '2',
    'num.io.threads': '2',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': certificates.server,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.ca,
    'listener.name.tls.ssl.client.auth': 'required',
    ...saslSettings('sasl'),
    ...saslSettings('sasltls'),
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
