import { deadLetterTopic, type Log } from '@goldpan/runtime'
import { type KafkaProducer, MessageRefused, TopicMissing } from '@goldpan/runtime/kafka'
import type { CheckedRecord } from './check-record.ts'
import type { Place } from './dead-letters.ts'
import type { EstimatorMetrics } from './metrics.ts'

/**
 * Why a letter has no copy on its topic: that refuses it, is not there, or did not take it in time;
 * or it was not tried, as the topic was away just before.
 */
export type MissingCopy = 'refused' | 'missing' | 'late' | 'not_tried'
type Away = Exclude<MissingCopy, 'refused' | 'not_tried'>

/** The topic may be missing, or not ours to write to: the line does not wait for it. */
const copyMillisMax = 5_000
/** How long a topic that is away is left alone; that it is not there is learnt in milliseconds. */
const awayMillis: Readonly<Record<Away, number>> = { missing: 5_000, late: 60_000 }
/** Letters of one request, and bytes of it; a larger letter goes alone. */
const lettersMax = 1_000
const requestBytesMax = 2 ** 20

interface LetterCopiesOptions {
  readonly producer: Pick<KafkaProducer, 'produce' | 'prepare'>
  readonly log: Log
  readonly metrics: Pick<EstimatorMetrics, 'notCopied'>
  /** Milliseconds that only grow. */
  readonly now: () => number
}

type Letter = ReturnType<typeof letterOf>

/** Copies dead letters to their topic as long as that costs the line next to nothing. */
export class LetterCopies {
  readonly #options: LetterCopiesOptions
  #awayUntilMillis = Number.NEGATIVE_INFINITY
  #isAway = false

  constructor(options: LetterCopiesOptions) {
    this.#options = options
  }

  async prepare(): Promise<void> {
    try {
      await this.#options.producer.prepare()
    } catch (error) {
      // A broker that is away is told of by whoever needs it.
      if (error instanceof TopicMissing) this.#say('missing')
    }
  }

  async send(where: Place, records: readonly CheckedRecord[]): Promise<void> {
    const letters = records.map((record) => letterOf(where, record))
    for (const request of requestsOf(letters)) await this.#sendRequest(request)
  }

  async #sendRequest(request: readonly Letter[]): Promise<void> {
    const { now, metrics } = this.#options
    if (now() < this.#awayUntilMillis) return metrics.notCopied('not_tried', request.length)
    // One tries whether it is back; the other partitions go on.
    if (this.#isAway) this.#awayUntilMillis = now() + copyMillisMax
    const missing = await this.#try(request)
    if (missing === undefined) return
    if (missing === 'refused' && request.length > 1) {
      // One of them is to blame: in ever smaller requests all others are taken.
      const half = Math.ceil(request.length / 2)
      await this.#sendRequest(request.slice(0, half))
      return this.#sendRequest(request.slice(half))
    }
    if (missing !== 'refused') this.#wentAway(missing)
    metrics.notCopied(missing, request.length)
  }

  async #try(messages: readonly Letter[]): Promise<Away | 'refused' | undefined> {
    const { producer } = this.#options
    const until = AbortSignal.timeout(copyMillisMax)
    try {
      await producer.produce(() => [{ topic: deadLetterTopic, messages }], until)
      this.#cameBack()
      return undefined
    } catch (error) {
      if (error instanceof MessageRefused) {
        this.#cameBack()
        return 'refused'
      }
      if (error instanceof TopicMissing) return 'missing'
      if (until.aborted) return 'late'
      throw error
    }
  }

  #cameBack(): void {
    if (!this.#isAway) return
    this.#isAway = false
    this.#awayUntilMillis = Number.NEGATIVE_INFINITY
    this.#options.log.info({ topic: deadLetterTopic }, 'dead letters are copied again')
  }

  #wentAway(reason: Away): void {
    this.#awayUntilMillis = this.#options.now() + awayMillis[reason]
    this.#say(reason)
  }

  #say(reason: Away): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#options.log.warn(
      { reason, topic: deadLetterTopic },
      'dead letters are not copied: their topic is missing or does not take them',
    )
  }
}

/** The headers say where the message stands; its bytes are here where an upgrade can read them. */
function letterOf({ topic, partition }: Place, { offset, dead }: CheckedRecord) {
  const { reason, key, value, bytes, timestampMillis } = dead!
  return {
    key,
    value: value ? Buffer.from(value) : Buffer.alloc(0),
    headers: {
      ...{ reason, topic, partition: String(partition), offset: String(offset) },
      ...{ arrived: String(timestampMillis), bytes: String(bytes) },
    },
  }
}

function* requestsOf(letters: readonly Letter[]): Generator<readonly Letter[]> {
  let request: Letter[] = []
  let bytes = 0
  for (const letter of letters) {
    const isFull = request.length >= lettersMax || bytes + letter.value.length > requestBytesMax
    if (request.length > 0 && isFull) {
      yield request
      request = []
      bytes = 0
    }
    request.push(letter)
    bytes += letter.value.length
  }
  if (request.length > 0) yield request
}
