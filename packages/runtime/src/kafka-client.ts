import { createRequire } from 'node:module'
import type { ConnectionOptions } from 'node:tls'
import kafkajs, {
  type Admin,
  type Batch,
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type KafkaMessage,
  type LogEntry,
  type PartitionAssigner,
  type SASLOptions,
} from 'kafkajs'
import { codecs, compressionType } from './kafka-codecs.ts'
import type { KafkaSasl, KafkaSecurity, KafkaTls } from './kafka-options.ts'
import type {
  BusRecord,
  ConsumerListener,
  ConsumerOptions,
  FetchedRecords,
  KafkaConsumer,
  KafkaProducerClient,
} from './kafka-port.ts'
import { type BatchRecord, readBatches } from './kafka-record-batch.ts'
import type { Log } from './log.ts'

/** The adapter: kafkajs is behind this file alone, and this is all that is asked of it. */
export interface KafkaClient {
  admin(retries?: number): KafkaAdmin
  producer(): KafkaProducerClient
  consumer(options: ConsumerOptions, listener: ConsumerListener): KafkaConsumer
}

export type KafkaAdmin = Pick<
  Admin,
  | 'connect'
  | 'createTopics'
  | 'deleteGroups'
  | 'describeCluster'
  | 'describeGroups'
  | 'disconnect'
  | 'fetchOffsets'
  | 'fetchTopicMetadata'
  | 'fetchTopicOffsets'
  | 'listTopics'
>

export interface KafkaClientOptions {
  readonly brokers: readonly string[]
  /** Name in the broker's logs. */
  readonly clientId: string
  readonly security?: KafkaSecurity | undefined
  readonly log: Log
  /** Answers that take longer count as lost. */
  readonly requestMillis?: number | undefined
}

const requestMillisDefault = 10_000
const connectMillis = 3_000
const fetchWaitMillis = 100
const heartbeatsPerSession = 6

/**
 * The client of Kafka, set up as Goldpan needs it. Its retries are few: whoever uses it counts
 * failures, knows what they mean, and makes a new client where this one stands still.
 */
export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  registerKafkaCodecs()
  boundFetchedBatches()
  const { brokers, clientId, security, log } = options
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectMillis,
    requestTimeout: options.requestMillis ?? requestMillisDefault,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 3 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => writeEntry(log, entry),
    ...(security?.tls ? { ssl: tlsOptions(security.tls) } : {}),
    ...(security?.sasl ? { sasl: saslOptions(security.sasl) } : {}),
  })
  return {
    admin: (retries = 3) => kafka.admin({ retry: { retries, initialRetryTime: 100 } }),
    producer: () => createProducer(kafka),
    consumer: (wanted, listener) => createConsumer(kafka, wanted, listener),
  }
}

const tlsOptions = ({ ca, certificate, key }: KafkaTls): ConnectionOptions => ({
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  ...(ca === undefined ? {} : { ca }),
  ...(certificate === undefined ? {} : { cert: certificate }),
  ...(key === undefined ? {} : { key }),
})

function saslOptions(sasl: KafkaSasl): SASLOptions {
  // A copy: the client keeps its authenticator, with the password, on the object that it is given.
  if (sasl.mechanism !== 'oauthbearer') {
    const { mechanism, username, password } = sasl
    return { mechanism, username, password }
  }
  const { mechanism, token } = sasl
  return { mechanism, oauthBearerProvider: async () => ({ value: await token() }) }
}

/** The client says at INFO what concerns nobody, at ERROR what it will try again. */
function writeEntry(log: Log, { namespace, level, log: entry }: LogEntry): void {
  const { message, timestamp: _, logger: __, stack: ___, ...fields } = entry
  const write = level <= kafkajs.logLevel.WARN ? 'warnRarely' : 'debug'
  log[write]({ client: 'kafkajs', namespace, ...fields }, message)
}

function createProducer(kafka: Kafka): KafkaProducerClient {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
  })
  return {
    connect: () => producer.connect(),
    disconnect: () => producer.disconnect(),
    async send(messages, compression) {
      const topicMessages = messages as Parameters<typeof producer.sendBatch>[0]['topicMessages']
      const wanted = { acks: -1, compression: compressionType[compression] }
      await producer.sendBatch({ topicMessages: topicMessages!, ...wanted })
    },
  }
}

type Assigned = Parameters<Consumer['pause']>[0]

function createConsumer(
  kafka: Kafka,
  { group, sessionMillis, fetchBytesMax, partitionBytesMax }: ConsumerOptions,
  listener: ConsumerListener,
): KafkaConsumer {
  let isEnded = false
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionMillis,
    rebalanceTimeout: sessionMillis,
    heartbeatInterval: Math.floor(sessionMillis / heartbeatsPerSession),
    maxWaitTimeInMs: fetchWaitMillis,
    minBytes: 1,
    maxBytes: fetchBytesMax,
    maxBytesPerPartition: partitionBytesMax,
    metadataMaxAge: 30_000,
    allowAutoTopicCreation: false,
    partitionAssigners: [noticingAssigner(() => listener.joining())],
    // A crash is answered with a new client, never by kafkajs' own restart.
    retry: { retries: 3, restartOnFailure: async () => false },
  })
  listen(consumer, listener, () => isEnded)
  return {
    async run(topics) {
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async (payload) => handOn(payload, listener),
      })
    },
    pause: (partitions) => consumer.pause([...partitions] as Assigned),
    resume: (partitions) => consumer.resume([...partitions] as Assigned),
    seek: (topic, partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
    disconnect() {
      isEnded = true
      return consumer.disconnect()
    },
  }
}

/** The assigner is asked at the start of each join: only there is it told that one begins. */
const noticingAssigner =
  (joining: () => void): PartitionAssigner =>
  (config) => {
    const assigner = kafkajs.PartitionAssigners.roundRobin(config)
    const protocol: typeof assigner.protocol = (subscription) => {
      joining()
      return assigner.protocol(subscription)
    }
    return { ...assigner, protocol }
  }

function listen(consumer: Consumer, listener: ConsumerListener, isEnded: () => boolean): void {
  const { FETCH, FETCH_START, HEARTBEAT, GROUP_JOIN, CRASH } = consumer.events
  consumer.on(FETCH, () => listener.alive())
  consumer.on(HEARTBEAT, () => listener.alive())
  // A client that was ended while it joined comes to life afterwards, and must end again.
  consumer.on(FETCH_START, () => {
    if (isEnded()) void consumer.disconnect().catch(() => undefined)
  })
  consumer.on(GROUP_JOIN, ({ payload }) => {
    listener.alive()
    const assigned = Object.entries(payload.memberAssignment)
    listener.joined(assigned.map(([topic, partitions]) => ({ topic, partitions })))
  })
  consumer.on(CRASH, ({ payload }) => listener.crashed(payload.error.message))
}

function handOn(payload: EachBatchPayload, listener: ConsumerListener): void {
  const { batch, resolveOffset, commitOffsetsIfNecessary } = payload
  const records: FetchedRecords = {
    topic: batch.topic,
    partition: batch.partition,
    from: Number((batch as Batch & { fetchedOffset: string }).fetchedOffset),
    records: batch.messages.map(toRecord),
    highWatermark: Number(batch.highWatermark),
  }
  // Through the payload of a batch: that alone is fenced by the generation.
  listener.fetched(records, (topic, offset) =>
    commitOffsetsIfNecessary({ topics: [{ topic, partitions: [offset] }] }),
  )
  resolveOffset(batch.lastOffset())
}

function toRecord(message: KafkaMessage): BusRecord {
  const { offset, key, value, headers, timestamp } = message
  const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])
  return {
    offset: Number(offset),
    key: String(key ?? ''),
    value: value ?? Buffer.alloc(0),
    headers: Object.fromEntries(texts),
    timestampMillis: Number(timestamp),
    refusal: (message as Partial<BatchRecord>).refusal,
  }
}

/** kafkajs has gzip alone; lz4 and zstd are plug-ins of its own making. */
export function registerKafkaCodecs(): void {
  for (const [type, codec] of Object.entries(codecs)) {
    const known = kafkajs.CompressionCodecs as unknown as Record<string, () => typeof codec>
    known[type] = () => codec
  }
}

interface Decoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

const decoderFile = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'

/**
 * kafkajs 2.2.4 decodes what it fetches without bounds: a batch that inflates to gigabytes, has
 * more records than a call has arguments, or is of a codec it lacks makes each fetch fail, for
 * ever, and the partition stands still. {@link readBatches} takes the place of its decoder, which
 * it loads at its first fetch.
 */
function boundFetchedBatches(): void {
  const require = createRequire(import.meta.url)
  require(decoderFile)
  require.cache[require.resolve(decoderFile)]!.exports = decodeMessages
}

async function decodeMessages(decoder: Decoder): Promise<BatchRecord[]> {
  const bytes = decoder.readInt32()
  if (bytes <= 0 || !decoder.canReadBytes(bytes)) return []
  return readBatches(decoder.readBytes(bytes))
}
