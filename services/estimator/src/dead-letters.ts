import type { Log, Topic } from '@goldpan/runtime'
import { KafkaProducer, type KafkaProducerOptions, MessageRefused } from '@goldpan/runtime/kafka'
import { formatWarehouseTime, type Warehouse } from '@goldpan/warehouse'
import type { CheckedRecord } from './check-record.ts'
import type { EstimatorMetrics } from './metrics.ts'

export const deadLetterTopic = 'goldpan.deadletters.v1'

/** Why a letter has no copy on the topic: the topic refuses it, or did not take it in time. */
export type MissingCopy = 'refused' | 'late'

/** The topic may be missing, or not ours to write to: the line does not wait for it. */
const copyMillisMax = 5_000

interface Place {
  readonly topic: Topic
  readonly partition: number
}

export interface DeadLetterSink {
  /**
   * Resolves when they are in the warehouse, and on the topic if that takes them in time; the same
   * ones may be written again.
   */
  write(where: Place, records: readonly CheckedRecord[], token: string): Promise<void>
  close(): Promise<void>
}

/**
 * Dead letters stand in the warehouse, for people, and on a topic, whole where they are of another
 * version: after an upgrade they can be replayed from there. Where they came from identifies them.
 */
export function createDeadLetters(
  warehouse: Warehouse,
  kafka: Omit<KafkaProducerOptions, 'topicNames' | 'clientId'> & {
    readonly log: Log
    readonly metrics: Pick<EstimatorMetrics, 'notCopied'>
  },
): DeadLetterSink {
  const { log, metrics } = kafka
  const producer = new KafkaProducer({
    ...kafka,
    clientId: 'goldpan-estimator',
    topicNames: [deadLetterTopic],
    topics: { ...kafka.topics, partitions: 1 },
  })
  const notCopied = (reason: MissingCopy, letters: number): void => {
    metrics.notCopied(reason, letters)
    log.warnRarely({ reason, letters, topic: deadLetterTopic }, 'dead letters were not copied')
  }
  return {
    async write(where, records, token) {
      await warehouse.insertRows('dead_letters', rowsOf(where, records), token)
      for (const [index, record] of records.entries()) {
        const missing = await copyLetter(producer, where, record)
        if (missing === 'refused') notCopied(missing, 1)
        // The rest would wait as long, each.
        if (missing === 'late') return notCopied(missing, records.length - index)
      }
    },
    close: () => producer.close(),
  }
}

async function copyLetter(
  producer: KafkaProducer,
  { topic, partition }: Place,
  { offset, dead }: CheckedRecord,
): Promise<MissingCopy | undefined> {
  const { reason, key, value } = dead!
  const headers = { reason, topic, partition: String(partition), offset: String(offset) }
  const message = { key, value: value ? Buffer.from(value) : Buffer.alloc(0), headers }
  const until = AbortSignal.timeout(copyMillisMax)
  try {
    await producer.produce(() => [{ topic: deadLetterTopic, messages: [message] }], until)
    return undefined
  } catch (error) {
    if (error instanceof MessageRefused) return 'refused'
    if (until.aborted) return 'late'
    throw error
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
