import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type KafkaMessage } from 'kafkajs'
import { registerKafkaCodecs } from '../../packages/runtime/src/kafka-client.ts'
import type { Log } from '../../packages/runtime/src/log.ts'

/** A log that keeps what was warned of. */
export function keepingLog(): Log & { readonly warnings: string[] } {
  const warnings: string[] = []
  const keep = (fields: object | string, message = ''): void => {
    warnings.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log = { debug: () => {}, info: () => {}, warn: keep, warnRarely: keep, error: keep }
  return { ...log, warnings, child: () => ({ ...log, child: () => keepingLog() }) }
}

/** Reads a topic from its beginning until `count` messages of one service are there. */
export async function readMessages(
  broker: string,
  topic: string,
  { service, count, millisMax = 20_000 }: { service: string; count: number; millisMax?: number },
): Promise<KafkaMessage[]> {
  registerKafkaCodecs()
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `read-${service}-${count}`, maxWaitTimeInMs: 50 })
  const read: KafkaMessage[] = []
  const done = new EventTarget()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (String(message.headers?.service) === service) read.push(message)
      if (read.length >= count) done.dispatchEvent(new Event('all'))
    },
  })
  const limit = new AbortController()
  await Promise.race([once(done, 'all'), delay(millisMax, 0, { signal: limit.signal })])
  limit.abort()
  await consumer.disconnect()
  return read
}

export const pem = (file: string): string => readFileSync(file, 'utf8')
