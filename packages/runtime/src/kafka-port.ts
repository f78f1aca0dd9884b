import type { BatchRefusal, Compression } from './kafka-codecs.ts'

/** What is asked of a client of Kafka beside its administration: another one has to offer this. */

export interface TopicMessages {
  readonly topic: string
  readonly messages: readonly OutgoingMessage[]
}

export interface OutgoingMessage {
  readonly key: string
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

export interface KafkaProducerClient {
  connect(): Promise<void>
  /** One request to each broker; resolves when all replicas have all of it. */
  send(messages: readonly TopicMessages[], compression: Compression): Promise<void>
  disconnect(): Promise<void>
}

/** A message as it stands in a partition. */
export interface BusRecord {
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** The broker's time of arrival, where the topic was made by us. */
  readonly timestampMillis: number
  /** It stands for the batch that ends here, which was refused: nothing of that was read. */
  readonly refusal?: BatchRefusal | undefined
}

export interface FetchedRecords {
  readonly topic: string
  readonly partition: number
  /** Offset that was asked for: nothing between it and the first record is missing. */
  readonly from: number
  readonly records: readonly BusRecord[]
  /** Offset behind the last record of the partition. */
  readonly highWatermark: number
}

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface CommittedOffset {
  readonly partition: number
  readonly offset: string
  readonly metadata: string
}

/** Commits under the generation of the moment. */
export type Commit = (topic: string, offset: CommittedOffset) => Promise<void>

export interface ConsumerOptions {
  readonly group: string
  readonly sessionMillis: number
  /** Bytes of one fetch, and of one partition in it; a larger batch comes whole. */
  readonly fetchBytesMax: number
  readonly partitionBytesMax: number
}

export interface ConsumerListener {
  /** A join begins: what was assigned before is over. */
  joining(): void
  /** Called before the first fetch of the generation. */
  joined(assigned: readonly TopicPartitions[]): void
  /** A sign of life. */
  alive(): void
  crashed(reason: string): void
  /** Records in the order of their offsets; returns at once. */
  fetched(records: FetchedRecords, commit: Commit): void
}

export interface KafkaConsumer {
  /** Connects, joins and fetches from the beginning of what has no offset committed. */
  run(topics: readonly string[]): Promise<void>
  pause(partitions: readonly TopicPartitions[]): void
  resume(partitions: readonly TopicPartitions[]): void
  seek(topic: string, partition: number, offset: number): void
  /** Ends it, also where it still joins. */
  disconnect(): Promise<void>
}
