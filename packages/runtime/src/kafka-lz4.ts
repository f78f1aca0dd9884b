import { blockBound, compressBlock, decompressBlock } from './lz4-block.ts'

/** LZ4 frames as Kafka's brokers take them: independent blocks, a header with its checksum. */

const magic = Uint8Array.of(0x04, 0x22, 0x4d, 0x18)
/** Version 1, independent blocks, no checksums; blocks of 64 KiB; checksum of those two bytes. */
const descriptor = Uint8Array.of(0x60, 0x40, 0x82)
const blockBytes = 64 * 1024
const uncompressedBit = 0x8000_0000
/** Sizes of a block by the number in the descriptor. */
const blockBytesByNumber: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 2 ** 20,
  7: 4 * 2 ** 20,
}
const flag = { blockChecksum: 0x10, contentSize: 0x08 } as const

const room = new Uint8Array(blockBound(blockBytes))

/** One LZ4 frame. */
export function compressLz4(source: Uint8Array): Buffer {
  const blocks = Math.ceil(source.length / blockBytes)
  const frame = Buffer.allocUnsafe(
    magic.length + descriptor.length + source.length + 4 * blocks + 4,
  )
  frame.set(magic)
  frame.set(descriptor, magic.length)
  let at = magic.length + descriptor.length
  for (let start = 0; start < source.length; start += blockBytes) {
    const block = source.subarray(start, start + blockBytes)
    const size = compressBlock(block, room)
    const isSmaller = size < block.length
    const bytes = isSmaller ? room.subarray(0, size) : block
    frame.writeUInt32LE(isSmaller ? size : uncompressedBit + block.length, at)
    frame.set(bytes, at + 4)
    at += 4 + bytes.length
  }
  frame.writeUInt32LE(0, at)
  return frame.subarray(0, at + 4)
}

/** The content of one LZ4 frame; throws when it is none, or would be larger than `bytesMax`. */
export function decompressLz4(frame: Buffer, bytesMax: number): Buffer {
  if (!magic.every((byte, index) => frame[index] === byte)) throw new Error('no LZ4 frame')
  const flags = frame[4]!
  const blockMax = blockBytesByNumber[(frame[5]! >> 4) & 7]
  if (blockMax === undefined) throw new Error('an LZ4 frame of unknown block size')
  const start = 7 + (flags & flag.contentSize ? 8 : 0)
  const blocks = [...readBlocks(frame, start, (flags & flag.blockChecksum) !== 0)]
  const most = blocks.reduce(
    (sum, { bytes, isCompressed }) => sum + (isCompressed ? blockMax : bytes.length),
    0,
  )
  const content = new Uint8Array(Math.min(most, bytesMax))
  let length = 0
  for (const { bytes, isCompressed } of blocks) {
    if (isCompressed) length = decompressBlock(bytes, content, length)
    else if (length + bytes.length <= content.length) {
      content.set(bytes, length)
      length += bytes.length
    } else throw new Error('an LZ4 block that is too long')
  }
  return Buffer.from(content.buffer, 0, length)
}

function* readBlocks(frame: Buffer, start: number, hasChecksums: boolean) {
  for (let at = start; ; ) {
    const word = frame.readUInt32LE(at)
    if (word === 0) return
    const size = word & ~uncompressedBit
    const bytes = frame.subarray(at + 4, at + 4 + size)
    if (bytes.length < size) throw new Error('an LZ4 frame that is cut off')
    yield { bytes, isCompressed: (word & uncompressedBit) === 0 }
    at += 4 + size + (hasChecksums ? 4 : 0)
  }
}
