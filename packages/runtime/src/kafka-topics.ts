import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, type Result } from '@goldpan/core'
import type { KafkaAdmin } from './kafka-client.ts'

/** How topics are made that are not there. */
export interface TopicSettings {
  /** Whether missing topics may be made. */
  readonly create: boolean
  /** Fixed for the life of a topic version: sensors keep their order by partition. */
  readonly partitions: number
  readonly replication: number
  readonly retentionHours: number
}

export const topicSettingsDefault: TopicSettings = {
  create: true,
  partitions: 4,
  replication: 1,
  retentionHours: 72,
}

/** Bytes of one batch on the wire: room for the largest message of a sensor. */
export const messageBytesMax = 8 * 2 ** 20

export interface TopicsError {
  readonly code: 'TOPIC_MISSING'
  readonly message: string
}

const leaderMillisMax = 10_000

/**
 * Makes sure that topics are there, with leaders: a consumer that joins before gets no partitions.
 * Throws when the broker cannot be asked.
 */
export async function ensureTopics(
  admin: KafkaAdmin,
  topics: readonly string[],
  settings: TopicSettings,
): Promise<Result<undefined, TopicsError>> {
  const known = new Set(await admin.listTopics())
  const missing = topics.filter((topic) => !known.has(topic))
  if (missing.length > 0 && !settings.create) {
    const message = `topic ${missing[0]} is not there: make it, or set bus.create_topics`
    return err({ code: 'TOPIC_MISSING', message })
  }
  if (missing.length > 0) {
    await admin.createTopics({ topics: missing.map((topic) => topicConfig(topic, settings)) })
  }
  await awaitLeaders(admin, topics)
  return ok(undefined)
}

/** The broker stamps the time of arrival: beside the sender's it tells a wrong clock. */
const topicConfig = (
  topic: string,
  { partitions, replication, retentionHours }: TopicSettings,
) => ({
  topic,
  numPartitions: partitions,
  replicationFactor: replication,
  configEntries: [
    { name: 'retention.ms', value: String(retentionHours * 3_600_000) },
    { name: 'max.message.bytes', value: String(messageBytesMax) },
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
  ],
})

async function awaitLeaders(admin: KafkaAdmin, topics: readonly string[]): Promise<void> {
  for (let waited = 0; ; waited += 100) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: [...topics] })
      const partitions = metadata.topics.map((topic) => topic.partitions)
      if (partitions.every((all) => all.length > 0 && all.every(({ leader }) => leader >= 0)))
        return
    } catch (error) {
      if (waited > leaderMillisMax) throw error
    }
    await delay(100)
  }
}
