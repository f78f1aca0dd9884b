import type { Broker } from './broker.ts'

/** What a test needs of a broker that all test files share. */
export type SharedBroker = Pick<Broker, 'plain' | 'sasl' | 'tls' | 'saslTls' | 'certificates'>

/** The environment variable through which the set-up of a test run says where to ask. */
export const doorVariable = 'GOLDPAN_TEST_BROKER'

/**
 * The broker of this test run: `KAFKA_BROKERS`, or one that is started when the first test asks.
 * Use topics and groups of your own: others work with it too.
 */
export async function sharedBroker(): Promise<SharedBroker> {
  const door = process.env[doorVariable]
  if (door === undefined) throw new Error('vitest.config.ts must name shared-broker-setup.ts')
  const answer = await fetch(`http://127.0.0.1:${door}/`)
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as SharedBroker
}
