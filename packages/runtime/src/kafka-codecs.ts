import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { err, ok, type Result } from '@goldpan/core'
import { compressLz4, decompressLz4 } from './kafka-lz4.ts'

/** How batches are compressed on the bus. */
export const compressions = ['none', 'gzip', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

/** Why a record batch is refused. */
export type BatchRefusal = 'batch_too_large' | 'batch_unreadable'

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

/** Their numbers in the protocol. */
export const compressionType: Readonly<Record<Compression, number>> = {
  ...{ none: 0, gzip: 1, lz4: 3, zstd: 4 },
}

export const codecs: Readonly<Record<number, Codec>> = {
  [compressionType.gzip]: {
    compress: ({ buffer }) => pack.gzip(buffer),
    decompress: (buffer) => unpack.gzip(buffer, bound),
  },
  [compressionType.lz4]: {
    compress: async ({ buffer }) => compressLz4(buffer),
    decompress: async (buffer) => decompressLz4(buffer, batchBytesMax),
  },
  [compressionType.zstd]: {
    compress: ({ buffer }) => pack.zstd(buffer),
    decompress: (buffer) => unpack.zstd(buffer, bound),
  },
}

/** As Node's decompressors say it. */
const tooLargeCode = 'ERR_BUFFER_TOO_LARGE'

/** The body of a record batch; hostile bytes are an error value. */
export async function inflateBatch(
  compression: number,
  bytes: Buffer,
): Promise<Result<Buffer, BatchRefusal>> {
  if (compression === compressionType.none) return ok(bytes)
  const codec = codecs[compression]
  if (!codec) return err('batch_unreadable')
  try {
    return ok(await codec.decompress(bytes))
  } catch (error) {
    const isTooLarge = (error as { code?: string }).code === tooLargeCode
    return err(isTooLarge ? 'batch_too_large' : 'batch_unreadable')
  }
}
