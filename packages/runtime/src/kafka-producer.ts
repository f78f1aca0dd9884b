import { setTimeout as delay } from 'node:timers/promises'
import { createKafkaClient, type KafkaClientOptions } from './kafka-client.ts'
import type { Compression } from './kafka-codecs.ts'
import type { KafkaProducerClient, TopicMessages } from './kafka-port.ts'
import { ensureTopics, type TopicSettings } from './kafka-topics.ts'

export interface KafkaProducerOptions extends KafkaClientOptions {
  /** Made and awaited before the first message. */
  readonly topicNames: readonly string[]
  readonly topics: TopicSettings
  readonly compression: Compression
  /** A topic that is missing and may not be made is waited for, unless this says otherwise. */
  readonly missingIsFinal?: boolean
  /** Called when an attempt failed; the next one is made with a new client. */
  readonly onRetry?: (reason: string) => void
}

/** A message that the broker will never take, however often it is sent. */
export class MessageRefused extends Error {
  readonly code = 'MESSAGE_REFUSED'
}

/** The topic is not there, and may not be made. */
export class TopicMissing extends Error {
  readonly code = 'TOPIC_MISSING'
}

const attemptMillisMax = 30_000
const pauseMillisMin = 100
const pauseMillisMax = 5_000
const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'])

/**
 * Produces one request at a time and repeats it, byte for byte, until all replicas have it.
 *
 * It is deliberately not kafkajs' idempotent producer: that one gives a batch which "failed" but
 * was appended and the next, different batch the same sequence number, and the next is lost unseen.
 * Here a repeated batch may stand in the log twice; whoever reads tells by the numbers in the
 * headers. After any failure the client is made anew: one that stands still never recovers.
 */
export class KafkaProducer {
  readonly #options: KafkaProducerOptions
  #producer: KafkaProducerClient | undefined
  #stopped = new AbortController()

  constructor(options: KafkaProducerOptions) {
    this.#options = options
  }

  /**
   * Resolves when the broker has all messages. Throws {@link MessageRefused} for what it never
   * takes, {@link TopicMissing} if that is final, and an error when `close` or the end of `until`
   * comes first: it may then be there or not, and is not tried again. `stamp` makes the messages of
   * each attempt.
   */
  async produce(stamp: () => TopicMessages[], until?: AbortSignal): Promise<void> {
    const stopped = until ? AbortSignal.any([this.#stopped.signal, until]) : this.#stopped.signal
    let pauseMillis = pauseMillisMin
    for (;;) {
      stopped.throwIfAborted()
      try {
        return await this.#attempt(stamp(), stopped)
      } catch (error) {
        this.#discard()
        const refusal = refusalOf(error)
        if (refusal) throw new MessageRefused(refusal)
        if (error instanceof TopicMissing && this.#options.missingIsFinal) throw error
        stopped.throwIfAborted()
        const reason = (error as Error).message
        this.#options.log.warnRarely({ reason }, 'messages not sent, sending them again')
        this.#options.onRetry?.(reason)
      }
      await pause(pauseMillis, stopped)
      pauseMillis = Math.min(pauseMillis * 2, pauseMillisMax)
    }
  }

  /** Makes the topics once, before there is a message. */
  async prepare(): Promise<void> {
    try {
      await this.#connected()
    } catch (error) {
      this.#discard()
      throw error
    }
  }

  async #attempt(topicMessages: TopicMessages[], stopped: AbortSignal): Promise<void> {
    const limit = new AbortController()
    const late = delay(attemptMillisMax, undefined, { signal: limit.signal }).then(() => {
      throw new Error(`no answer within ${attemptMillisMax / 1000} s`)
    })
    late.catch(() => undefined)
    try {
      await Promise.race([this.#send(topicMessages), late, whenStopped(stopped, limit.signal)])
    } finally {
      limit.abort()
    }
  }

  async #send(topicMessages: TopicMessages[]): Promise<void> {
    const producer = await this.#connected()
    await producer.send(topicMessages, this.#options.compression)
  }

  async #connected(): Promise<KafkaProducerClient> {
    if (this.#producer) return this.#producer
    const kafka = createKafkaClient(this.#options)
    const producer = kafka.producer()
    this.#producer = producer
    const admin = kafka.admin()
    try {
      await admin.connect()
      const { topicNames, topics } = this.#options
      const ensured = await ensureTopics(admin, topicNames, topics)
      if (!ensured.ok) throw new TopicMissing(ensured.error.message)
    } finally {
      admin.disconnect().catch(() => undefined)
    }
    await producer.connect()
    // Given up meanwhile: nobody else would end this connection.
    if (this.#producer !== producer) {
      producer.disconnect().catch(() => undefined)
      throw new Error('the connection to the bus was given up')
    }
    return producer
  }

  #discard(): void {
    const producer = this.#producer
    this.#producer = undefined
    producer?.disconnect().catch(() => undefined)
  }

  /** Gives up what is not acknowledged. */
  async close(): Promise<void> {
    this.#stopped.abort(new Error('the connection to the bus was closed'))
    const producer = this.#producer
    this.#producer = undefined
    const limit = delay(2_000, undefined, { ref: false })
    await Promise.race([producer?.disconnect().catch(() => undefined), limit])
  }
}

function whenStopped(stopped: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(stopped.reason)
    stopped.addEventListener('abort', stop, { once: true })
    done.addEventListener('abort', () => stopped.removeEventListener('abort', stop))
  })
}

/** Resolves after `millis`, or when it is stopped; leaves neither timer nor listener behind. */
async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await delay(millis, undefined, { signal }).catch(() => undefined)
}

function refusalOf(error: unknown): string | undefined {
  for (
    let cause = error as { type?: string; message?: string; cause?: unknown } | undefined;
    cause;
  ) {
    if (cause.type !== undefined && refusals.has(cause.type)) return cause.message
    cause = cause.cause as typeof cause
  }
  return undefined
}
