import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { compressLz4, decompressLz4 } from './kafka-lz4.ts'

/** How batches are compressed on the bus. */
export const compressions = ['none', 'gzip', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

/** Bytes of one decompressed record batch: a few kilobytes on the bus may claim gigabytes. */
const batchBytesMax = 512 * 2 ** 20

const pack = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }
const unpack = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) }
const bound = { maxOutputLength: batchBytesMax }

interface Encoded {
  readonly buffer: Buffer
}

/** kafkajs names gzip; lz4 and zstd are plug-ins of its own making. */
export function registerKafkaCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: ({ buffer }: Encoded) => pack.gzip(buffer),
    decompress: (buffer: Buffer) => unpack.gzip(buffer, bound),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: Encoded) => pack.zstd(buffer),
    decompress: (buffer: Buffer) => unpack.zstd(buffer, bound),
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: Encoded) => compressLz4(buffer),
    decompress: async (buffer: Buffer) => decompressLz4(buffer, batchBytesMax),
  })
}

/** Number of a compression in the protocol. */
export const compressionType: Readonly<Record<Compression, number>> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
}
