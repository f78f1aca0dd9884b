import { type BusMessage, type BusSender, topics as busTopics } from './bus.ts'
import type { Compression } from './kafka-codecs.ts'
import type { KafkaSecurity } from './kafka-options.ts'
import type { OutgoingMessage, TopicMessages } from './kafka-port.ts'
import { KafkaProducer, MessageRefused } from './kafka-producer.ts'
import type { TopicSettings } from './kafka-topics.ts'
import type { Log } from './log.ts'

export interface KafkaSenderMetrics {
  /** Messages that the bus has now. */
  sent(messages: number, rows: number, bytes: number): void
  /** An attempt failed; the same messages are sent again by a new client. */
  retried(): void
}

export interface KafkaSenderOptions {
  readonly brokers: readonly string[]
  readonly security?: KafkaSecurity | undefined
  readonly topics: TopicSettings
  readonly compression: Compression
  readonly log: Log
  readonly metrics?: KafkaSenderMetrics | undefined
  readonly clientId?: string | undefined
}

export interface KafkaSender extends BusSender {
  /** Gives up what is not acknowledged: its `send` rejects. */
  close(): Promise<void>
}

/** Bytes of the messages in one request; a larger message goes alone. */
const requestBytesMax = 2 ** 20

interface Waiting {
  readonly message: BusMessage
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends messages in the order of the calls, one request at a time, each until it is acknowledged;
 * what waits meanwhile shares the next request. `send` rejects only for a message that the broker
 * never takes ({@link MessageRefused}) and after `close`.
 */
export function createKafkaSender(options: KafkaSenderOptions): KafkaSender {
  const { metrics } = options
  const producer = new KafkaProducer({
    ...options,
    clientId: options.clientId ?? 'goldpan-sensor',
    topicNames: busTopics,
    onRetry: () => metrics?.retried(),
  })
  const waiting: Waiting[] = []
  let ended = false
  let isPumping = false

  const pump = async (): Promise<void> => {
    isPumping = true
    while (waiting.length > 0) {
      const request = takeRequest(waiting)
      const refused = await deliver(producer, request)
      if (refused.length < request.length) report(metrics, request)
    }
    isPumping = false
  }
  return {
    send(message) {
      if (ended) return Promise.reject(new Error('a message was sent after the end of the bus'))
      return new Promise((resolve, reject) => {
        waiting.push({ message, resolve, reject })
        if (!isPumping) void pump()
      })
    },
    end() {
      ended = true
    },
    async close() {
      ended = true
      await producer.close()
    },
  }
}

function takeRequest(waiting: Waiting[]): Waiting[] {
  let bytes = 0
  let count = 0
  for (const { message } of waiting) {
    bytes += message.value.length
    if (count > 0 && bytes > requestBytesMax) break
    count++
  }
  return waiting.splice(0, count)
}

/** Returns those of the request that were refused for ever. */
async function deliver(producer: KafkaProducer, request: readonly Waiting[]): Promise<Waiting[]> {
  try {
    await producer.produce(() => toTopicMessages(request.map(({ message }) => message)))
    for (const { resolve } of request) resolve()
    return []
  } catch (error) {
    if (error instanceof MessageRefused && request.length > 1) {
      // One of them is to blame: alone, each is taken or refused for itself, in the same order.
      const refused: Waiting[] = []
      for (const one of request) refused.push(...(await deliver(producer, [one])))
      return refused
    }
    for (const { reject } of request) reject(error)
    return [...request]
  }
}

function report(metrics: KafkaSenderMetrics | undefined, request: readonly Waiting[]): void {
  const rows = request.reduce((sum, { message }) => sum + message.rows, 0)
  const bytes = request.reduce((sum, { message }) => sum + message.value.length, 0)
  metrics?.sent(request.length, rows, bytes)
}

function toTopicMessages(messages: readonly BusMessage[]): TopicMessages[] {
  const byTopic = new Map<string, OutgoingMessage[]>()
  for (const message of messages) {
    const list = byTopic.get(message.topic) ?? []
    byTopic.set(message.topic, list)
    list.push(toKafkaMessage(message))
  }
  return [...byTopic].map(([topic, list]) => ({ topic, messages: list }))
}

/**
 * The value is the same on every try. `sent` is the sensor's clock at this one: beside the broker's
 * time of arrival it tells a clock that is wrong.
 */
function toKafkaMessage({ source, boot, n, firstRow, rows, value }: BusMessage): OutgoingMessage {
  return {
    key: `${source.service}/${source.site}/${source.sensor}`,
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    headers: {
      ...source,
      boot,
      n: String(n),
      first_row: String(firstRow),
      rows: String(rows),
      sent: String(Date.now()),
    },
  }
}
