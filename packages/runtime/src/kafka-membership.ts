import type { KafkaClientOptions } from './kafka-client.ts'
import type { BatchRefusal } from './kafka-record-batch.ts'
import type { TopicSettings } from './kafka-topics.ts'

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

/** A partition that the group gave to this member, as it was left by the owner before. */
export interface OwnedPartition {
  readonly topic: string
  readonly partition: number
  /** The committed offset, or where the log begins. */
  readonly next: number
  readonly metadata: string | undefined
}

/** Why a commit did not certainly succeed: forget all, and begin anew when told. */
export class OwnershipLost extends Error {}

/** What a member may do while a generation of its group lasts; afterwards it throws. */
export interface Membership {
  readonly partitions: readonly OwnedPartition[]
  /** Resolves when the broker has it, under this generation. */
  commit(topic: string, partition: number, next: number, metadata: string): Promise<void>
  seek(topic: string, partition: number, offset: number): void
  pause(topic: string, partition: number): void
  resume(topic: string, partition: number): void
  /** Where the log of a partition begins now. */
  logStart(topic: string, partition: number): Promise<number>
}

export interface GroupHandler {
  /** A generation began; partitions stand still until `resume`. */
  assigned(membership: Membership): void
  /** It is over: nothing that it gave is ours. */
  revoked(): void
  /** Records in the order of their offsets; returns at once. */
  fetched(records: FetchedRecords): void
}

export interface KafkaGroupOptions extends KafkaClientOptions {
  readonly group: string
  readonly topicNames: readonly string[]
  readonly topics: TopicSettings
  /** A member that is silent for so long loses its partitions. */
  readonly sessionMillis: number
  /** A client without any progress for so long is replaced. */
  readonly standMillis: number
  readonly onRebuild?: (reason: string) => void
}
