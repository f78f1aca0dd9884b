import { deadLetterTopic, type Log, type Topic } from '@goldpan/runtime'
import { KafkaProducer, type KafkaProducerOptions } from '@goldpan/runtime/kafka'
import { formatWarehouseTime, type Warehouse } from '@goldpan/warehouse'
import type { CheckedRecord } from './check-record.ts'
import { LetterCopies } from './letter-copies.ts'
import type { EstimatorMetrics } from './metrics.ts'

/** Where a letter's message stands. */
export interface Place {
  readonly topic: Topic
  readonly partition: number
}

export interface DeadLetterSink {
  /** Makes their topic if it may; resolves, and says so, where that cannot be done. */
  prepare(): Promise<void>
  /**
   * Resolves when they are in the warehouse, and on the topic if that takes them in time; the same
   * ones may be written again.
   */
  write(where: Place, records: readonly CheckedRecord[], token: string): Promise<void>
  close(): Promise<void>
}

/**
 * Dead letters stand in the warehouse, for people, and on a topic, whole where they are of another
 * version. Where they came from identifies them.
 */
export function createDeadLetters(
  warehouse: Warehouse,
  kafka: Omit<KafkaProducerOptions, 'topicNames' | 'clientId'> & {
    readonly log: Log
    readonly metrics: Pick<EstimatorMetrics, 'notCopied'>
    readonly now: () => number
  },
): DeadLetterSink {
  const { log, metrics, now } = kafka
  const producer = new KafkaProducer({
    ...kafka,
    clientId: 'goldpan-estimator',
    topicNames: [deadLetterTopic],
    topics: { ...kafka.topics, partitions: 1 },
    missingIsFinal: true,
  })
  const copies = new LetterCopies({ producer, log, metrics, now })
  return {
    prepare: () => copies.prepare(),
    async write(where, records, token) {
      await warehouse.insertRows('dead_letters', rowsOf(where, records), token)
      await copies.send(where, records)
    },
    close: () => producer.close(),
  }
}

const rowsOf = ({ topic, partition }: Place, records: readonly CheckedRecord[]): object[] =>
  records.map(({ offset, dead }) => ({
    time: formatWarehouseTime(dead!.timestampMillis * 1000),
    reason: dead!.reason,
    topic,
    bus_partition: partition,
    bus_offset: offset,
    source: dead!.key,
    message: '',
  }))
