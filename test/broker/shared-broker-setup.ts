import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Broker, startBroker } from './broker.ts'
import { doorVariable } from './shared-broker.ts'

/** Before a test run: a door at which the first test that asks makes a broker start. */
export async function setup(): Promise<() => Promise<void>> {
  let starting: Promise<Broker> | undefined
  const door = createServer(async (_, response) => {
    try {
      const given = process.env.KAFKA_BROKERS
      starting ??= given === undefined ? startBroker() : undefined
      const broker = starting ? await starting : { plain: given }
      response.end(JSON.stringify(broker))
    } catch (error) {
      response.writeHead(500).end((error as Error).message)
    }
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  process.env[doorVariable] = String((door.address() as { port: number }).port)
  return async () => {
    door.close()
    await starting?.then(
      (broker) => broker.close(),
      () => undefined,
    )
  }
}
