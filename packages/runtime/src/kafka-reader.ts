import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, type Result } from '@goldpan/core'
import { createKafkaClient, type KafkaAdmin, type KafkaClientOptions } from './kafka-client.ts'
import { type BusTrouble, toTrouble } from './kafka-inspection.ts'
import type { BusRecord, FetchedRecords } from './kafka-port.ts'

export interface ReadTopicOptions extends Omit<KafkaClientOptions, 'clientId'> {
  readonly topic: string
  /** Takes each record, in the order of a partition. */
  readonly take: (record: BusRecord) => void
}

/** Its group is new each time, commits nothing, and is taken away at the end. */
const groupPrefix = 'goldpan-reader-'
const sessionMillis = 10_000
/** Without a record for so long there is nothing more: the last may be for brokers alone. */
const idleMillisMax = 5_000
const closeMillisMax = 2_000
const fetchBytesMax = 8 * 2 ** 20

/**
 * Reads a topic from where it begins to where it ended when asked, and changes nothing; ok(false)
 * where it is not there.
 */
export async function readTopic(options: ReadTopicOptions): Promise<Result<boolean, BusTrouble>> {
  const kafka = createKafkaClient({ ...options, clientId: 'goldpan-reader' })
  const admin = kafka.admin(1)
  try {
    await admin.connect()
    if (!(await admin.listTopics()).includes(options.topic)) return ok(false)
    const ends = await readEnds(admin, options.topic)
    if (ends.size === 0) return ok(true)
    const group = `${groupPrefix}${randomUUID()}`
    const failed = await readUntil(ends, { options, kafka, group })
    await admin.deleteGroups([group]).catch(() => undefined)
    return failed === undefined ? ok(true) : err({ kind: 'away', reason: failed })
  } catch (error) {
    return err(toTrouble(error))
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

/** Offsets behind the last record, of the partitions that have any. */
async function readEnds(admin: KafkaAdmin, topic: string): Promise<Map<number, number>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const filled = offsets.filter(({ low, high }) => low !== high)
  return new Map(filled.map(({ partition, high }) => [partition, Number(high)]))
}

interface Reading {
  readonly options: ReadTopicOptions
  readonly kafka: ReturnType<typeof createKafkaClient>
  readonly group: string
}

/** Resolves to why it failed, or to undefined when all that was wanted is read. */
async function readUntil(
  ends: Map<number, number>,
  { options: { topic, take }, kafka, group }: Reading,
): Promise<string | undefined> {
  const done = Promise.withResolvers<string | undefined>()
  let lastMillis = performance.now()
  const fetched = ({ partition, records }: FetchedRecords): void => {
    lastMillis = performance.now()
    const end = ends.get(partition)
    if (end === undefined) return
    for (const record of records) if (record.offset < end) take(record)
    if ((records.at(-1)?.offset ?? 0) + 1 >= end) ends.delete(partition)
    if (ends.size === 0) done.resolve(undefined)
  }
  const consumer = kafka.consumer(
    { group, sessionMillis, fetchBytesMax, partitionBytesMax: fetchBytesMax },
    {
      joining: () => undefined,
      joined: () => {
        lastMillis = performance.now()
      },
      alive: () => undefined,
      crashed: done.resolve,
      fetched,
    },
  )
  const watch = setInterval(() => {
    if (performance.now() - lastMillis > idleMillisMax) done.resolve(undefined)
  }, 200)
  try {
    await consumer.run([topic])
    return await done.promise
  } finally {
    clearInterval(watch)
    const limit = delay(closeMillisMax, undefined, { ref: false })
    await Promise.race([consumer.disconnect().catch(() => undefined), limit])
  }
}
