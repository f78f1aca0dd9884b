import { err, ok, type Result } from '@goldpan/core'
import { type BatchRefusal, inflateBatch } from './kafka-codecs.ts'

/**
 * Kafka's record batches (magic 2), decoded within bounds. Whatever a batch claims, or inflates to,
 * it costs bounded memory and time: one that cannot be taken is refused whole, as one record.
 *
 *     first offset 8 · bytes behind 4 · leader epoch 4 · magic 1 · CRC 4 · attributes 2 ·
 *     last offset delta 4 · first and max timestamp 8 + 8 · producer 8 + 2 · sequence 4 ·
 *     records 4
 */

/** Bytes of the header, the number of records included. */
const batchHeaderBytes = 61
/** Bytes of the header that its own length does not count. */
const uncountedBytes = 12
const magicAt = 16
const magicNumber = 2
const attribute = { compression: 7, logAppendTime: 8, inTransaction: 16, control: 32 } as const

/** Records of one batch; a sensor's request has some hundred. */
export const recordsMax = 10_000
const headersMax = 100
/** Bytes of what a fetch of one partition was inflated to; the rest is fetched again. */
const fetchedBytesMax = 64 * 2 ** 20

interface BatchHeader {
  readonly firstOffset: number
  readonly lastOffset: number
  /** Its format is ours: brokers before 4.0 may hold older ones. */
  readonly isKnown: boolean
  /** Bytes of the whole batch. */
  readonly bytes: number
  readonly attributes: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: bigint
  readonly records: number
}

/** A record as kafkajs hands it on. */
export interface BatchRecord {
  readonly magicByte: number
  readonly attributes: number
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | null>>
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
  /** It stands for a batch that was refused. */
  readonly refusal?: BatchRefusal
}

/** The records of the batches of a fetch; for a batch that is refused one that says so. */
export async function readBatches(buffer: Buffer): Promise<BatchRecord[]> {
  const records: BatchRecord[] = []
  let inflated = 0
  for (let at = 0; inflated < fetchedBytesMax; ) {
    const header = readBatchHeader(buffer, at)
    if (!header) break
    const body = await readBody(buffer, at, header)
    inflated += body.bytes
    for (const record of body.records) records.push(record)
    at += header.bytes
  }
  return records
}

async function readBody(
  buffer: Buffer,
  at: number,
  header: BatchHeader,
): Promise<{ records: readonly BatchRecord[]; bytes: number }> {
  const refuse = (refusal: BatchRefusal) => ({
    records: [refusedRecord(header, refusal)],
    bytes: 0,
  })
  if (!header.isKnown) return refuse('batch_unreadable')
  if (header.records > recordsMax) return refuse('batch_too_large')
  const packed = buffer.subarray(at + batchHeaderBytes, at + header.bytes)
  const body = await inflateBatch(compressionOf(header), packed)
  if (!body.ok) return refuse(body.error)
  const records = readRecords(header, body.value)
  return records.ok ? { records: records.value, bytes: body.value.length } : refuse(records.error)
}

/** The header at `at`; undefined where the batch is cut off, as the last of a fetch may be. */
function readBatchHeader(buffer: Buffer, at: number): BatchHeader | undefined {
  if (buffer.length - at < batchHeaderBytes) return undefined
  const bytes = buffer.readInt32BE(at + 8) + uncountedBytes
  if (bytes < batchHeaderBytes || buffer.length - at < bytes) return undefined
  const firstOffset = Number(buffer.readBigInt64BE(at))
  const isKnown = buffer[at + magicAt] === magicNumber
  return {
    firstOffset,
    lastOffset: isKnown ? firstOffset + buffer.readInt32BE(at + 23) : firstOffset,
    isKnown,
    bytes,
    attributes: buffer.readInt16BE(at + 21),
    firstTimestamp: Number(buffer.readBigInt64BE(at + 27)),
    maxTimestamp: Number(buffer.readBigInt64BE(at + 35)),
    producerId: buffer.readBigInt64BE(at + 43),
    records: buffer.readInt32BE(at + 57),
  }
}

/** Number of the compression in a batch's attributes; 0: none. */
const compressionOf = ({ attributes }: BatchHeader): number => attributes & attribute.compression

/** The records of a batch from its uncompressed body. */
function readRecords(header: BatchHeader, body: Buffer): Result<BatchRecord[], BatchRefusal> {
  if (header.records > recordsMax) return err('batch_too_large')
  const reader = new RecordReader(body)
  const records: BatchRecord[] = []
  try {
    for (let each = 0; each < header.records; each++) records.push(readRecord(header, reader))
  } catch (error) {
    // Numbers in a record are claims: what they point at may not be there.
    if (error instanceof RangeError) return err('batch_unreadable')
    throw error
  }
  return ok(records)
}

/** One record in the place of all of a batch that was refused. */
const refusedRecord = (header: BatchHeader, refusal: BatchRefusal): BatchRecord => ({
  ...common(header),
  ...{ attributes: 0, timestamp: String(header.maxTimestamp), offset: String(header.lastOffset) },
  ...{ key: null, value: null, headers: {}, refusal },
})

const common = ({ attributes, producerId }: BatchHeader) => ({
  magicByte: magicNumber,
  isControlRecord: (attributes & attribute.control) !== 0,
  batchContext: {
    producerId: String(producerId),
    inTransaction: (attributes & attribute.inTransaction) !== 0,
  },
})

function readRecord(header: BatchHeader, reader: RecordReader): BatchRecord {
  const end = reader.number() + reader.at
  const attributes = reader.byte()
  const timestampDelta = reader.number()
  const offsetDelta = reader.number()
  const key = reader.bytes()
  const value = reader.bytes()
  const headerCount = reader.number()
  if (headerCount < 0 || headerCount > headersMax) throw new RangeError('headers')
  const headers: [string, Buffer | null][] = []
  for (let each = 0; each < headerCount; each++) {
    headers.push([String(reader.bytes() ?? ''), reader.bytes()])
  }
  if (reader.at !== end) throw new RangeError('the length of a record')
  const isOfBroker = (header.attributes & attribute.logAppendTime) !== 0
  const timestamp = isOfBroker ? header.maxTimestamp : header.firstTimestamp + timestampDelta
  return {
    ...common(header),
    ...{ attributes, key, value, headers: Object.fromEntries(headers) },
    timestamp: String(timestamp),
    offset: String(header.firstOffset + offsetDelta),
  }
}

/** Reads on through a body; throws a RangeError where nothing is any more. */
class RecordReader {
  readonly #body: Buffer
  at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  byte(): number {
    const byte = this.#body[this.at++]
    if (byte === undefined) throw new RangeError('the end of a batch')
    return byte
  }

  /** A zigzag varint, exact up to 2⁵³. */
  number(): number {
    let value = 0
    let unit = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) break
      unit *= 128
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('a number')
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  bytes(): Buffer | null {
    const length = this.number()
    if (length < 0) return null
    const end = this.at + length
    if (end > this.#body.length) throw new RangeError('the end of a batch')
    const bytes = this.#body.subarray(this.at, end)
    this.at = end
    return bytes
  }
}
