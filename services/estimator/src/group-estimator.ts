import { type Topic, topics } from '@goldpan/runtime'
import { KafkaGroup, type KafkaGroupOptions, type Membership } from '@goldpan/runtime/kafka'
import { PartitionWorker, type WorkerShared } from './partition-worker.ts'

export interface GroupEstimatorOptions {
  readonly shared: WorkerShared
  readonly kafka: Omit<KafkaGroupOptions, 'topicNames' | 'onRebuild'>
}

/** A member of the consumer group: one worker for each partition that is ours. */
export class GroupEstimator {
  readonly #shared: WorkerShared
  readonly #group: KafkaGroup
  readonly #workers = new Map<string, PartitionWorker>()
  readonly #running = new Set<Promise<void>>()
  #isMember = false

  constructor({ shared, kafka }: GroupEstimatorOptions) {
    this.#shared = shared
    this.#group = new KafkaGroup(
      { ...kafka, topicNames: topics, onRebuild: () => shared.metrics.rebuilt() },
      {
        assigned: (membership) => this.#assigned(membership),
        revoked: () => this.#revoked(),
        fetched: (records) =>
          this.#workers.get(keyOf(records.topic, records.partition))?.fetched(records),
      },
    )
  }

  start(): void {
    this.#group.start()
  }

  /** Whether it is in the group now, with or without partitions. */
  get isMember(): boolean {
    return this.#isMember
  }

  /** Milliseconds without a sign of life from the bus. */
  get standingMillis(): number {
    return this.#group.standingMillis
  }

  #assigned(membership: Membership): void {
    this.#isMember = true
    for (const owned of membership.partitions) {
      const worker = new PartitionWorker(this.#shared, membership, owned)
      this.#workers.set(keyOf(owned.topic as Topic, owned.partition), worker)
      this.#follow(worker)
    }
    this.#shared.metrics.owned(this.#workers.size)
    this.#shared.log.info({ partitions: this.#workers.size }, 'joined the group')
  }

  #follow(worker: PartitionWorker): void {
    const running = worker.run().catch((error) => {
      // A bug: the partition begins anew, and says so each time.
      this.#shared.log.error({ error }, 'a partition failed')
      this.#group.rebuild(`a partition failed: ${(error as Error).message}`)
    })
    this.#running.add(running)
    void running.then(() => this.#running.delete(running))
  }

  #revoked(): void {
    this.#isMember = false
    for (const worker of this.#workers.values()) worker.lose()
    this.#workers.clear()
    this.#shared.metrics.owned(0)
  }

  /** In the order of the data: takes no more, inserts and commits what is here, leaves. */
  async stop(): Promise<void> {
    for (const worker of this.#workers.values()) worker.drain()
    await Promise.all(this.#running)
    await this.#group.stop()
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`
