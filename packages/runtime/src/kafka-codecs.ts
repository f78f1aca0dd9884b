import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { err, ok, type Result } from '@goldpan/core'
import kafkajs from 'kafkajs'
import { compressLz4, decompressLz4 } from './kafka-lz4.ts'
import type { BatchRefusal } from './kafka-record-batch.ts'

/** How batches are compressed on the bus. */
export const compressions = ['none', 'gzip', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

/** Bytes of one decompressed record batch: a few kilobytes on the bus may claim gigabytes. */
export const batchBytesMax = 64 * 2 ** 20
/** Output is gathered in pieces of this size; Node's are 16 KiB, and joining them costs. */
const pieceBytes = 2 ** 20

const pack = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }
const unpack = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) }
const bound = { maxOutputLength: batchBytesMax, chunkSize: pieceBytes }

interface Encoded {
  readonly buffer: Buffer
}

interface Codec {
  readonly compress: (encoded: Encoded) => Promise<Buffer>
  readonly decompress: (buffer: Buffer) => Promise<Buffer>
}

const { CompressionCodecs, CompressionTypes } = kafkajs
const codecs: Readonly<Record<number, Codec>> = {
  [CompressionTypes.GZIP]: {
    compress: ({ buffer }) => pack.gzip(buffer),
    decompress: (buffer) => unpack.gzip(buffer, bound),
  },
  [CompressionTypes.ZSTD]: {
    compress: ({ buffer }) => pack.zstd(buffer),
    decompress: (buffer) => unpack.zstd(buffer, bound),
  },
  [CompressionTypes.LZ4]: {
    compress: async ({ buffer }) => compressLz4(buffer),
    decompress: async (buffer) => decompressLz4(buffer, batchBytesMax),
  },
}

/** kafkajs names gzip; lz4 and zstd are plug-ins of its own making. */
export function registerKafkaCodecs(): void {
  for (const [type, codec] of Object.entries(codecs)) {
    CompressionCodecs[Number(type) as keyof typeof CompressionCodecs] = () => codec
  }
}

/** The body of a record batch; hostile bytes are an error value. */
export async function inflateBatch(
  compression: number,
  bytes: Buffer,
): Promise<Result<Buffer, BatchRefusal>> {
  if (compression === CompressionTypes.None) return ok(bytes)
  const codec = codecs[compression]
  if (!codec) return err('batch_unreadable')
  try {
    return ok(await codec.decompress(bytes))
  } catch (error) {
    const isTooLarge = (error as { code?: string }).code === tooLargeCode
    return err(isTooLarge ? 'batch_too_large' : 'batch_unreadable')
  }
}

/** As Node's decompressors say it. */
const tooLargeCode = 'ERR_BUFFER_TOO_LARGE'

/** Number of a compression in the protocol. */
export const compressionType: Readonly<Record<Compression, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}
