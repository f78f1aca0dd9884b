import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { missingBroker } from '../../../test/broker/broker-jars.ts'
import { keepingLog } from '../../../test/broker/bus-reader.ts'
import { sharedBroker } from '../../../test/broker/shared-broker.ts'
import { KafkaGroup } from './kafka-group.ts'
import type { Membership } from './kafka-group-client.ts'
import { topicSettingsDefault } from './kafka-topics.ts'

const missing = missingBroker()

/** A door to a broker that takes connections and lets nothing through, until it is opened. */
async function createDoor(broker: string) {
  const [host, port] = broker.split(':') as [string, string]
  let isOpen = false
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    if (!isOpen) return
    const behind = connect(Number(port), host).on('error', () => socket.destroy())
    sockets.add(behind)
    socket.pipe(behind).pipe(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => sockets.size,
    open: () => {
      isOpen = true
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe.skipIf(missing)(`a member of a group ${missing ?? ''}`, () => {
  it('is rebuilt with a new client when its client stands still, and joins', async () => {
    const broker = await sharedBroker()
    const door = await createDoor(broker.plain)
    const assigned = Promise.withResolvers<Membership>()
    const reasons: string[] = []
    const group = new KafkaGroup(
      {
        ...{ brokers: [door.address], topics: topicSettingsDefault, clientId: 'test' },
        ...{ group: randomUUID(), topicNames: ['goldpan.handshakes.v1'], log: keepingLog() },
        ...{ sessionMillis: 10_000, standMillis: 2000 },
        onRebuild: (reason) => {
          reasons.push(reason)
          door.open()
        },
      },
      { assigned: assigned.resolve, revoked: () => {}, fetched: () => {} },
    )
    group.start()
    const { partitions } = await assigned.promise
    expect(reasons).toEqual(['the client stands still'])
    expect(partitions.length).toBeGreaterThan(0)
    expect(group.standingMillis).toBeLessThan(2000)
    await group.stop()
    door.close()
  }, 20_000)
})
