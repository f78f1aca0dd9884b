import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, {
  type Admin,
  type Batch,
  type Consumer,
  type ConsumerGroupJoinEvent,
  type EachBatchPayload,
  type PartitionAssigner,
} from 'kafkajs'
import { createKafkaClient } from './kafka-client.ts'
import { refusalOf } from './kafka-fetched-batches.ts'
import {
  type BusRecord,
  type GroupHandler,
  type KafkaGroupOptions,
  type Membership,
  type OwnedPartition,
  OwnershipLost,
} from './kafka-membership.ts'
import { ensureTopics } from './kafka-topics.ts'

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

/** Of compressed bytes: fifteen times as much stands in memory. A larger batch comes whole. */
const fetchBytesMax = 2 * 2 ** 20
const partitionBytesMax = 2 ** 19
const fetchWaitMillis = 100
const closeMillisMax = 5_000
const heartbeatsPerSession = 6

/** The broker says that the generation is over: the client learns it by itself and joins again. */
const refusals = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'])

/** `fail` is called when the client must be replaced. */
export const createGroupClient = (
  options: KafkaGroupOptions,
  handler: GroupHandler,
  fail: (reason: string) => void,
): KafkaGroupClient => new GroupClient(options, handler, fail)

type Commit = EachBatchPayload['commitOffsetsIfNecessary']

class GroupClient implements KafkaGroupClient {
  readonly #options: KafkaGroupOptions
  readonly #handler: GroupHandler
  readonly #fail: (reason: string) => void
  readonly #admin: Admin
  readonly #consumer: Consumer
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
    this.#consumer = kafka.consumer({
      groupId: options.group,
      sessionTimeout: options.sessionMillis,
      rebalanceTimeout: options.sessionMillis,
      heartbeatInterval: Math.floor(options.sessionMillis / heartbeatsPerSession),
      maxWaitTimeInMs: fetchWaitMillis,
      minBytes: 1,
      maxBytes: fetchBytesMax,
      maxBytesPerPartition: partitionBytesMax,
      metadataMaxAge: 30_000,
      allowAutoTopicCreation: false,
      partitionAssigners: [this.#noticingAssigner()],
      // A crash is answered with a new client, never by kafkajs' own restart.
      retry: { retries: 3, restartOnFailure: async () => false },
    })
  }

  progressMillis = (): number => this.#progressMillis

  async open(): Promise<void> {
    const { topicNames, topics } = this.#options
    await this.#admin.connect()
    const ensured = await ensureTopics(this.#admin, topicNames, topics)
    if (!ensured.ok) throw new Error(ensured.error.message)
    this.#listen()
    await this.#consumer.subscribe({ topics: [...topicNames], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => this.#take(payload),
    })
  }

  /** The assigner is asked at the start of each join: only there is it told that one begins. */
  #noticingAssigner(): PartitionAssigner {
    return (config) => {
      const assigner = kafkajs.PartitionAssigners.roundRobin(config)
      const protocol: typeof assigner.protocol = (subscription) => {
        this.#endGeneration()
        return assigner.protocol(subscription)
      }
      return { ...assigner, protocol }
    }
  }

  #endGeneration(): void {
    if (this.#isAbandoned) return
    this.#generation++
    this.#commit = undefined
    this.#handler.revoked()
  }

  #listen(): void {
    const { FETCH, FETCH_START, HEARTBEAT, GROUP_JOIN, CRASH } = this.#consumer.events
    const live = (): void => {
      this.#progressMillis = performance.now()
    }
    this.#consumer.on(FETCH, live)
    this.#consumer.on(HEARTBEAT, live)
    // A client that was abandoned while it joined comes to life afterwards, and must end again.
    this.#consumer.on(FETCH_START, () => {
      if (this.#isAbandoned) void this.#consumer.disconnect().catch(() => undefined)
    })
    this.#consumer.on(GROUP_JOIN, (event) => {
      live()
      if (!this.#isAbandoned) this.#joined(event)
    })
    this.#consumer.on(CRASH, ({ payload }) => this.#replace(`it crashed: ${payload.error.message}`))
  }

  #replace(reason: string): void {
    if (!this.#isAbandoned) this.#fail(reason)
  }

  /** Runs before the first fetch of the generation: partitions stand still until they are read. */
  #joined({ payload }: ConsumerGroupJoinEvent): void {
    const generation = this.#generation
    const assigned = Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({
      topic,
      partitions,
    }))
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
  async #readCommitted(
    assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  ): Promise<OwnedPartition[]> {
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
        steer(() => this.#consumer.seek({ topic, partition, offset: String(offset) })),
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
  async #commitOne(
    generation: number,
    topic: string,
    offset: { partition: number; offset: string; metadata: string },
  ): Promise<void> {
    const commit = this.#commit
    if (!commit) throw new OwnershipLost()
    try {
      await commit({ topics: [{ topic, partitions: [offset] }] })
    } catch (error) {
      const { type, message } = error as { type?: string; message: string }
      if (!refusals.has(type ?? '') && generation === this.#generation) {
        this.#replace(`it is not known whether a commit took effect: ${message}`)
      }
      throw new OwnershipLost()
    }
    if (this.#isAbandoned || generation !== this.#generation) throw new OwnershipLost()
  }

  #take({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): void {
    if (this.#isAbandoned) return
    this.#commit = commitOffsetsIfNecessary
    this.#handler.fetched({
      topic: batch.topic,
      partition: batch.partition,
      from: Number((batch as Batch & { fetchedOffset: string }).fetchedOffset),
      records: batch.messages.map(toRecord),
      highWatermark: Number(batch.highWatermark),
    })
    resolveOffset(batch.lastOffset())
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

type KafkaMessage = EachBatchPayload['batch']['messages'][number]

function toRecord(message: KafkaMessage): BusRecord {
  const { offset, key, value, headers, timestamp } = message
  const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])
  return {
    offset: Number(offset),
    key: String(key ?? ''),
    value: value ?? Buffer.alloc(0),
    headers: Object.fromEntries(texts),
    timestampMillis: Number(timestamp),
    refusal: refusalOf(message),
  }
}
