import type { Log, Topic } from '@goldpan/runtime'
import { KafkaProducer, type KafkaProducerOptions } from '@goldpan/runtime/kafka'
import { formatWarehouseTime, type Warehouse } from '@goldpan/warehouse'
import type { CheckedRecord } from './check-record.ts'

export const deadLetterTopic = 'goldpan.deadletters.v1'

export interface DeadLetterSink {
  /** Resolves when they are written; the same ones may be written again. */
  write(
    where: { readonly topic: Topic; readonly partition: number },
    records: readonly CheckedRecord[],
    token: string,
  ): Promise<void>
  close(): Promise<void>
}

/**
 * Dead letters stand in the warehouse, for people, and on a topic, whole where they are of another
 * version: after an upgrade they can be replayed from there. Where they came from identifies them.
 */
export function createDeadLetters(
  warehouse: Warehouse,
  kafka: Omit<KafkaProducerOptions, 'topicNames' | 'clientId'> & { readonly log: Log },
): DeadLetterSink {
  const producer = new KafkaProducer({
    ...kafka,
    clientId: 'goldpan-estimator',
    topicNames: [deadLetterTopic],
    topics: { ...kafka.topics, partitions: 1 },
  })
  return {
    async write({ topic, partition }, records, token) {
      for (const { offset, dead } of records) {
        const { reason, key, value } = dead!
        const headers = { reason, topic, partition: String(partition), offset: String(offset) }
        const message = { key, value: value ? Buffer.from(value) : Buffer.alloc(0), headers }
        await producer.produce(() => [{ topic: deadLetterTopic, messages: [message] }])
      }
      const rows = records.map(({ offset, dead }) => ({
        time: formatWarehouseTime(dead!.timestampMillis * 1000),
        reason: dead!.reason,
        topic,
        bus_partition: partition,
        bus_offset: offset,
        source: dead!.key,
        message: '',
      }))
      await warehouse.insertRows('dead_letters', rows, token)
    },
    close: () => producer.close(),
  }
}
