import { createRequire } from 'node:module'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, it } from 'vitest'
import { registerKafkaCodecs } from './kafka-client.ts'
import { batchBytesMax } from './kafka-codecs.ts'
import { readBatches, recordsMax } from './kafka-record-batch.ts'

const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0')
const { GZIP, LZ4, ZSTD, Snappy, None } = kafkajs.CompressionTypes
registerKafkaCodecs()

interface Sent {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
  readonly timestampDelta: number
}

const blank: Sent = { key: null, value: null, headers: {}, timestampDelta: 0 }

/** A batch as kafkajs writes it. */
async function batchOf(
  records: readonly Sent[],
  firstOffset: number,
  compression: number,
): Promise<Buffer> {
  const { buffer } = await RecordBatch({
    ...{ compression, firstOffset, firstTimestamp: 1000, maxTimestamp: 2000 },
    lastOffsetDelta: records.length - 1,
    records: records.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta })),
  })
  return buffer
}

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const anyRecord: fc.Arbitrary<Sent> = fc.record({
  key: fc.option(anyBytes),
  value: fc.option(anyBytes),
  headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), anyBytes, { maxKeys: 4 }),
  timestampDelta: fc.integer({ min: -1000, max: 2 ** 40 }),
})

it('gives back what kafkajs wrote, in every compression', async () => {
  const anyBatches = fc.array(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), { maxLength: 3 })
  const anyCompression = fc.constantFrom(None, GZIP, LZ4, ZSTD)
  await fc.assert(
    fc.asyncProperty(anyBatches, anyCompression, async (batches, compression) => {
      const written = await Promise.all(
        batches.map((records, index) => batchOf(records, 2 ** 40 + index * 10, compression)),
      )
      const read = await readBatches(Buffer.concat([...written, Buffer.alloc(7)]))
      const wanted = batches.flatMap((records, index) =>
        records.map(({ key, value, headers, timestampDelta }, delta) => ({
          ...{ key, value, headers: { ...headers }, timestamp: String(1000 + timestampDelta) },
          offset: String(2 ** 40 + index * 10 + delta),
        })),
      )
      expect(
        read.map(({ key, value, headers, timestamp, offset }) => ({
          ...{ key, value, headers: { ...headers }, timestamp, offset },
        })),
      ).toEqual(wanted)
    }),
    { numRuns: 100 },
  )
})

it.each([
  ['gzip', GZIP],
  ['lz4', LZ4],
  ['zstd', ZSTD],
] as const)('refuses a batch that inflates beyond the bound, %s, and reads on', async (_, type) => {
  const bomb = await batchOf([blank, { ...blank, value: Buffer.alloc(batchBytesMax + 1) }], 5, type)
  expect(bomb.length).toBeLessThan(2 ** 20)
  const good = await batchOf([{ ...blank, value: Buffer.from('good') }], 7, type)
  const [refused, taken, ...others] = await readBatches(Buffer.concat([bomb, good]))
  expect(refused).toMatchObject({ offset: '6', value: null, refusal: 'batch_too_large' })
  expect(String(taken!.value)).toBe('good')
  expect(others).toEqual([])
})

it('refuses a batch of too many records, of an unknown codec, and garbage', async () => {
  const many = await batchOf(Array(recordsMax + 1).fill(blank), 0, ZSTD)
  const other = await batchOf([blank], 20_000, GZIP)
  other.writeInt16BE(Snappy, 21)
  const garbage = await batchOf([blank], 20_001, GZIP)
  garbage.fill(0xff, 61)
  const claims = await batchOf([{ ...blank, value: Buffer.alloc(9) }], 20_002, None)
  claims[claims.length - 11] = 0x7e
  const old = await batchOf([blank], 20_003, None)
  old[16] = 1
  const read = await readBatches(Buffer.concat([many, other, garbage, claims, old]))
  expect(read.map(({ offset, refusal }) => [Number(offset), refusal])).toEqual([
    [recordsMax, 'batch_too_large'],
    [20_000, 'batch_unreadable'],
    [20_001, 'batch_unreadable'],
    [20_002, 'batch_unreadable'],
    [20_003, 'batch_unreadable'],
  ])
})

it('gives up on any bytes without an exception', async () => {
  const batch = await batchOf([{ ...blank, value: Buffer.alloc(40, 1) }, blank], 3, None)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(batch.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      async (changes) => {
        const hostile = Buffer.from(batch)
        for (const [at, byte] of changes) hostile[at] = byte
        await readBatches(hostile)
      },
    ),
    { numRuns: 500 },
  )
})
