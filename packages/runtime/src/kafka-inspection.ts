import { err, ok, type Result } from '@goldpan/core'
import { createKafkaClient, type KafkaAdmin } from './kafka-client.ts'
import type { KafkaSecurity } from './kafka-options.ts'
import type { Log } from './log.ts'

/** Why a bus cannot be asked, by what the operator has to look at. */
export interface BusTrouble {
  readonly kind: 'away' | 'certificate' | 'credentials' | 'rights'
  readonly reason: string
}

/** One partition of a topic, as the broker and the group have it. */
export interface PartitionState {
  readonly topic: string
  readonly partition: number
  /** Offset behind the newest message. */
  readonly high: number
  /** Offset below which the group is done; absent where it never committed. */
  readonly next: number | undefined
}

export interface BusInspection {
  readonly brokers: number
  readonly topics: readonly string[]
}

export interface GroupInspection {
  readonly members: number
  readonly partitions: readonly PartitionState[]
}

export interface InspectorOptions {
  readonly brokers: readonly string[]
  readonly security: KafkaSecurity
}

/** Asks a bus how it is, changes nothing. */
export interface BusInspector {
  inspect(): Promise<Result<BusInspection, BusTrouble>>
  inspectGroup(
    group: string,
    topics: readonly string[],
  ): Promise<Result<GroupInspection, BusTrouble>>
  close(): Promise<void>
}

const quiet = (): void => {}
/** Whoever asks tells what came of it, in a sentence of its own. */
export const noLog: Log = {
  ...{ debug: quiet, info: quiet, warn: quiet, error: quiet, warnRarely: quiet },
  child: () => noLog,
}

export function createBusInspector({ brokers, security }: InspectorOptions): BusInspector {
  const kafka = createKafkaClient({
    ...{ brokers, security, clientId: 'goldpan-doctor', log: noLog, requestMillis: 5000 },
  })
  const admin = kafka.admin(1)
  const ask = async <T>(question: () => Promise<T>): Promise<Result<T, BusTrouble>> => {
    try {
      await admin.connect()
      return ok(await question())
    } catch (error) {
      return err(toTrouble(error))
    }
  }
  return {
    inspect: () =>
      ask(async () => {
        const cluster = await admin.describeCluster()
        return { brokers: cluster.brokers.length, topics: await admin.listTopics() }
      }),
    inspectGroup: (group, topics) =>
      ask(async () => ({
        members: await countMembers(admin, group),
        partitions: await readPartitions(admin, group, topics),
      })),
    close: () => admin.disconnect().catch(quiet),
  }
}

async function countMembers(admin: KafkaAdmin, group: string): Promise<number> {
  const { groups } = await admin.describeGroups([group])
  return groups[0]?.members.length ?? 0
}

async function readPartitions(
  admin: KafkaAdmin,
  groupId: string,
  topics: readonly string[],
): Promise<PartitionState[]> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] })
  const states: PartitionState[] = []
  for (const { topic, partitions } of committed) {
    const ends = await admin.fetchTopicOffsets(topic)
    for (const { partition, high } of ends) {
      const offset = Number(partitions.find((each) => each.partition === partition)?.offset ?? -1)
      const next = offset < 0 ? undefined : offset
      states.push({ topic, partition, high: Number(high), next })
    }
  }
  return states
}

/** What kafkajs threw, by its innermost cause: the outer ones only say that it gave up. */
export function toTrouble(error: unknown): BusTrouble {
  const causes: { name: string; message: string; type?: string }[] = []
  for (let each = error as { cause?: unknown } | undefined; each; ) {
    causes.unshift(each as never)
    each = each.cause as typeof each
  }
  const { message } = causes[0]!
  const says = (pattern: RegExp): boolean =>
    causes.some(({ name, message: text, type }) => pattern.test(`${name} ${type ?? ''} ${text}`))
  const reason = message.split('\n')[0]!
  if (says(/SASL|authenticat/i)) return { kind: 'credentials', reason }
  if (says(/certificate|altname|self.signed|ssl|tls/i)) return { kind: 'certificate', reason }
  if (says(/AUTHORIZATION_FAILED/)) return { kind: 'rights', reason }
  return { kind: 'away', reason }
}
