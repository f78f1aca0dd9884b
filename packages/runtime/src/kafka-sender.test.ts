import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { missingBroker } from '../../../test/broker/broker-jars.ts'
import { keepingLog, readMessages } from '../../../test/broker/bus-reader.ts'
import { sharedBroker } from '../../../test/broker/shared-broker.ts'
import type { BusMessage } from './bus.ts'
import { compressions } from './kafka-codecs.ts'
import { MessageRefused } from './kafka-producer.ts'
import { createKafkaSender, type KafkaSenderOptions } from './kafka-sender.ts'
import { topicSettingsDefault } from './kafka-topics.ts'

const missing = missingBroker()

const message = (service: string, n: number, value: Uint8Array): BusMessage => ({
  topic: 'goldpan.handshakes.v1',
  source: { service, site: 'ams', sensor: 'x' },
  boot: 'b',
  n,
  firstRow: n * 10,
  rows: 10,
  value,
})

async function open(options: Partial<KafkaSenderOptions> = {}) {
  const broker = await sharedBroker()
  const log = keepingLog()
  const sender = createKafkaSender({
    ...{ brokers: [broker.plain], topics: topicSettingsDefault, compression: 'none', log },
    ...options,
  })
  return { broker, log, sender }
}

describe.skipIf(missing)(`the sender to a real broker ${missing ?? ''}`, () => {
  it.each(compressions)('sends in order, numbered, byte for byte, compression %s', async (name) => {
    const service = randomUUID()
    const { broker, sender } = await open({ compression: name })
    const values = Array.from({ length: 20 }, (_, n) =>
      n % 2 ? randomBytes(5000) : Buffer.alloc(50_000, n),
    )
    await Promise.all(values.map((value, n) => sender.send(message(service, n, value))))
    await sender.close()
    const read = await readMessages(broker.plain, 'goldpan.handshakes.v1', { service, count: 20 })
    expect(read.map(({ headers }) => String(headers!.n))).toEqual([...values.keys()].map(String))
    expect(read.every(({ value }, n) => value!.equals(values[n]!))).toBe(true)
    expect(String(read[3]!.key)).toBe(`${service}/ams/x`)
    const { sent, ...headers } = Object.fromEntries(
      Object.entries(read[3]!.headers!).map(([key, value]) => [key, String(value)]),
    )
    expect(Number(read[3]!.timestamp) - Number(sent)).toBeLessThan(10_000)
    expect(headers).toEqual({
      ...{ service, site: 'ams', sensor: 'x', boot: 'b', n: '3', first_row: '30', rows: '10' },
    })
  })

  it('refuses a message that no broker takes, and sends those around it', async () => {
    const service = randomUUID()
    const { broker, sender } = await open()
    const small = Buffer.from('small')
    const sends = [small, randomBytes(9 * 2 ** 20), small].map((value, n) =>
      sender.send(message(service, n, value)),
    )
    const results = await Promise.allSettled(sends)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(MessageRefused)
    await sender.close()
    const read = await readMessages(broker.plain, 'goldpan.handshakes.v1', { service, count: 2 })
    expect(read.map(({ headers }) => String(headers!.n))).toEqual(['0', '2'])
  })

  it('takes nothing after its end, gives up what is not acknowledged when closed', async () => {
    const { sender } = await open({ brokers: ['127.0.0.1:1'] })
    const unsent = sender.send(message('s', 0, Buffer.from('x')))
    sender.end()
    await expect(sender.send(message('s', 1, Buffer.from('x')))).rejects.toThrow('after the end')
    await Promise.all([expect(unsent).rejects.toThrow('was closed'), sender.close()])
  })
})
