import { createRequire } from 'node:module'
import type { KafkaMessage } from 'kafkajs'
import { inflateBatch } from './kafka-codecs.ts'
import {
  type BatchHeader,
  type BatchRecord,
  type BatchRefusal,
  batchHeaderBytes,
  compressionOf,
  readBatchHeader,
  readRecords,
  recordsMax,
  refusedRecord,
} from './kafka-record-batch.ts'

/**
 * kafkajs 2.2.4 decodes what it fetches without bounds: a batch that inflates to gigabytes, has
 * more records than a call has arguments, or is of a codec it lacks makes each fetch fail, for
 * ever, and the partition stands still. Here a fetch is decoded by ourselves, in its place.
 */

/** Bytes of what a fetch of one partition was inflated to; the rest is fetched again. */
const fetchedBytesMax = 64 * 2 ** 20

interface Decoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

type DecodeMessages = (decoder: Decoder) => Promise<unknown[]>

const decoderFile = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'

/** Puts {@link readBatches} in the place of kafkajs' decoder, which it loads at its first fetch. */
export function boundFetchedBatches(): void {
  const require = createRequire(import.meta.url)
  const original = require(decoderFile) as DecodeMessages
  if (original === decodeMessages) return
  require.cache[require.resolve(decoderFile)]!.exports = decodeMessages
}

const decodeMessages: DecodeMessages = async (decoder) => {
  const bytes = decoder.readInt32()
  if (bytes <= 0 || !decoder.canReadBytes(bytes)) return []
  return readBatches(decoder.readBytes(bytes))
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

/** Why a message that kafkajs hands on stands for a batch that was refused. */
export const refusalOf = (message: KafkaMessage): BatchRefusal | undefined =>
  (message as Partial<BatchRecord>).refusal
