import { setTimeout as delay } from 'node:timers/promises'
import { createKafkaClient, type KafkaAdmin, type KafkaClientOptions } from './kafka-client.ts'
import type {
  Commit,
  CommittedOffset,
  FetchedRecords,
  KafkaConsumer,
  TopicPartitions,
} from './kafka-port.ts'
import { ensureTopics, type TopicSettings } from './kafka-topics.ts'

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

/** One client of one member; it is used until the first doubt and never repaired. */
export interface KafkaGroupClient {
  /** Connects and joins. */
  open(): Promise<void>
  /** When it last showed life, by the process's clock. */
  progressMillis(): number
  /** Leaves without waiting; whatever it still does has no effect. */
  abandon(): void
  close(): Promise<void>
}

/** Of compressed bytes: fifteen times as much stands in memory. */
const fetchBytesMax = 2 * 2 ** 20
const partitionBytesMax = 2 ** 19
const closeMillisMax = 5_000

/** The broker says that the generation is over: the client learns it by itself and joins again. */
const refusals = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'])

/** `fail` is called when the client must be replaced. */
export const createGroupClient = (
  options: KafkaGroupOptions,
  handler: GroupHandler,
  fail: (reason: string) => void,
): KafkaGroupClient => new GroupClient(options, handler, fail)

class GroupClient implements KafkaGroupClient {
  readonly #options: KafkaGroupOptions
  readonly #handler: GroupHandler
  readonly #fail: (reason: string) => void
  readonly #admin: KafkaAdmin
  readonly #consumer: KafkaConsumer
  /** Number of the generation that this client is in; joining ends it. */
  #generation = 0
  #commit: Commit | undefined
  #progressMillis = performance.now()
  #isAbandoned = false

  constructor(options: KafkaGroupOptions, handler: GroupHandler, fail: (reason: string) => void) {
    this.#options = options
    this.#handler = handler
    this.#fail = fail
    const kafka = createKafkaClient(options)
    this.#admin = kafka.admin()
    const { group, sessionMillis } = options
    this.#consumer = kafka.consumer(
      { group, sessionMillis, fetchBytesMax, partitionBytesMax },
      {
        joining: () => this.#endGeneration(),
        joined: (assigned) => this.#joined(assigned),
        alive: () => {
          this.#progressMillis = performance.now()
        },
        crashed: (reason) => this.#replace(`it crashed: ${reason}`),
        fetched: (records, commit) => this.#take(records, commit),
      },
    )
  }

  progressMillis = (): number => this.#progressMillis

  async open(): Promise<void> {
    const { topicNames, topics } = this.#options
    await this.#admin.connect()
    const ensured = await ensureTopics(this.#admin, topicNames, topics)
    if (!ensured.ok) throw new Error(ensured.error.message)
    await this.#consumer.run(topicNames)
  }

  #endGeneration(): void {
    if (this.#isAbandoned) return
    this.#generation++
    this.#commit = undefined
    this.#handler.revoked()
  }

  #replace(reason: string): void {
    if (!this.#isAbandoned) this.#fail(reason)
  }

  /** Partitions stand still until what the group committed is read. */
  #joined(assigned: readonly TopicPartitions[]): void {
    if (this.#isAbandoned) return
    const generation = this.#generation
    this.#consumer.pause(assigned)
    this.#readCommitted(assigned)
      .then((partitions) => {
        if (this.#isAbandoned || generation !== this.#generation) return
        this.#handler.assigned(this.#membership(generation, partitions))
      })
      .catch((error) => {
        if (generation === this.#generation) {
          this.#replace(`its committed offsets cannot be read: ${(error as Error).message}`)
        }
      })
  }

  /** Reads after the join: whoever owned a partition before can no longer commit. */
  async #readCommitted(assigned: readonly TopicPartitions[]): Promise<OwnedPartition[]> {
    const topics = assigned.map(({ topic }) => topic)
    if (topics.length === 0) return []
    const offsets = await this.#admin.fetchOffsets({ groupId: this.#options.group, topics })
    const owned: OwnedPartition[] = []
    for (const { topic, partitions } of assigned) {
      const committed = offsets.find((each) => each.topic === topic)!.partitions
      for (const partition of partitions) {
        const found = committed.find((each) => each.partition === partition)
        const offset = Number(found?.offset ?? -1)
        const next = offset >= 0 ? offset : await this.#logStart(topic, partition)
        const metadata = offset >= 0 ? (found?.metadata ?? undefined) : undefined
        owned.push({ topic, partition, next, metadata })
      }
    }
    return owned
  }

  async #logStart(topic: string, partition: number): Promise<number> {
    const offsets = await this.#admin.fetchTopicOffsets(topic)
    return Number(offsets.find((each) => each.partition === partition)!.low)
  }

  #membership(generation: number, partitions: readonly OwnedPartition[]): Membership {
    const check = (): void => {
      if (this.#isAbandoned || generation !== this.#generation) throw new OwnershipLost()
    }
    const steer = (turn: () => void): void => {
      check()
      try {
        turn()
      } catch {
        // The client crashed and has not said so yet.
        throw new OwnershipLost()
      }
    }
    const one = (topic: string, partition: number) => [{ topic, partitions: [partition] }]
    return {
      partitions,
      commit: async (topic, partition, next, metadata) => {
        check()
        await this.#commitOne(generation, topic, { partition, offset: String(next), metadata })
      },
      seek: (topic, partition, offset) =>
        steer(() => this.#consumer.seek(topic, partition, offset)),
      pause: (topic, partition) => steer(() => this.#consumer.pause(one(topic, partition))),
      resume: (topic, partition) => steer(() => this.#consumer.resume(one(topic, partition))),
      logStart: (topic, partition) => this.#logStart(topic, partition),
    }
  }

  /**
   * Commits through the payload of a batch, which is fenced by the generation. A commit of which
   * the outcome is unknown may still take effect: only leaving the generation keeps it from undoing
   * a later one.
   */
  async #commitOne(generation: number, topic: string, offset: CommittedOffset): Promise<void> {
    const commit = this.#commit
    if (!commit) throw new OwnershipLost()
    try {
      await commit(topic, offset)
    } catch (error) {
      const { type, message } = error as { type?: string; message: string }
      if (!refusals.has(type ?? '') && generation === this.#generation) {
        this.#replace(`it is not known whether a commit took effect: ${message}`)
      }
      throw new OwnershipLost()
    }
    if (this.#isAbandoned || generation !== this.#generation) throw new OwnershipLost()
  }

  #take(records: FetchedRecords, commit: Commit): void {
    if (this.#isAbandoned) return
    this.#commit = commit
    this.#handler.fetched(records)
  }

  abandon(): void {
    this.#isAbandoned = true
    void this.#consumer.disconnect().catch(() => undefined)
    void this.#admin.disconnect().catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#isAbandoned = true
    const closing = Promise.allSettled([this.#consumer.disconnect(), this.#admin.disconnect()])
    await Promise.race([closing, delay(closeMillisMax, undefined, { ref: false })])
  }
}
