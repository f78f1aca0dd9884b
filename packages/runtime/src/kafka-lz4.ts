/**
 * LZ4 frames as Kafka's brokers take them (independent blocks, a header with its checksum) and
 * their blocks, as the format's description has them. No library was fit for what Kafka needs:
 * - lz4js 0.2 lets matches run into the last bytes of a block: the brokers' decoder refuses such a
 *   block, and the batch with it, for ever;
 * - lz4-napi 2.10 is native, and inflates a frame without a bound: 1.2 MB made 300 MB when tried;
 * - lz4-wasm-nodejs 0.9 has blocks of its own with their length before them, no frames;
 * - lz4 0.6 is compiled at install. Node's zlib has zstd, and no LZ4.
 */

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

/** Bytes that a block of `length` bytes has at most. */
export const blockBound = (length: number): number => length + Math.ceil(length / 255) + 16

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

const matchMin = 4
/** The last bytes of a block are literals, and its last match begins before these. */
const literalsAtEnd = 5
const matchStartAtEnd = 12
const distanceMax = 0xffff
const hashBits = 14
const nibbleMax = 15

const positions = new Int32Array(1 << hashBits)

/** Compresses one block of at most 64 KiB into `target`; returns its length there. */
export function compressBlock(source: Uint8Array, target: Uint8Array): number {
  positions.fill(-1)
  const matchEnd = source.length - literalsAtEnd
  const startEnd = source.length - matchStartAtEnd
  let at = 0
  let anchor = 0
  let out = 0
  let misses = 0
  while (at < startEnd) {
    const word = readWord(source, at)
    const slot = Math.imul(word, 0x9e37_79b1) >>> (32 - hashBits)
    const candidate = positions[slot]!
    positions[slot] = at
    if (candidate < 0 || at - candidate > distanceMax || readWord(source, candidate) !== word) {
      // What does not compress is passed over faster and faster.
      at += 1 + (misses++ >> 6)
      continue
    }
    let length = matchMin
    while (at + length < matchEnd && source[candidate + length] === source[at + length]) length++
    out = writeSequence(source, target, { out, anchor, at, distance: at - candidate, length })
    at += length
    anchor = at
    misses = 0
  }
  return writeLiterals(source, target, out, anchor)
}

const readWord = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

function writeSequence(
  source: Uint8Array,
  target: Uint8Array,
  sequence: { out: number; anchor: number; at: number; distance: number; length: number },
): number {
  const { anchor, at, distance, length } = sequence
  const literals = at - anchor
  const matched = length - matchMin
  let { out } = sequence
  target[out++] = (Math.min(literals, nibbleMax) << 4) | Math.min(matched, nibbleMax)
  out = writeLength(target, out, literals)
  for (let index = anchor; index < at; index++) target[out++] = source[index]!
  target[out++] = distance & 0xff
  target[out++] = distance >> 8
  return writeLength(target, out, matched)
}

function writeLiterals(
  source: Uint8Array,
  target: Uint8Array,
  start: number,
  anchor: number,
): number {
  const literals = source.length - anchor
  let out = start
  target[out++] = Math.min(literals, nibbleMax) << 4
  out = writeLength(target, out, literals)
  for (let index = anchor; index < source.length; index++) target[out++] = source[index]!
  return out
}

/** What of a length does not fit into its half byte. */
function writeLength(target: Uint8Array, start: number, length: number): number {
  let out = start
  if (length < nibbleMax) return out
  let rest = length - nibbleMax
  for (; rest >= 255; rest -= 255) target[out++] = 255
  target[out++] = rest
  return out
}

/**
 * Decompresses a block to `target` from `start` on; returns where it ended. Throws when the block
 * is none, or is longer than the target.
 */
export function decompressBlock(source: Uint8Array, target: Uint8Array, start: number): number {
  const reader = new BlockReader(source)
  let out = start
  for (;;) {
    const token = reader.byte()
    out = copyLiterals(reader, target, out, reader.length(token >> 4))
    if (reader.isAtEnd) return out
    const distance = reader.byte() | (reader.byte() << 8)
    const length = reader.length(token & nibbleMax) + matchMin
    if (distance === 0 || distance > out) throw new Error('an LZ4 block that looks too far back')
    if (out + length > target.length) throw tooLong()
    for (const end = out + length; out < end; out++) target[out] = target[out - distance]!
  }
}

/** With the code that Node's decompressors give to it. */
const tooLong = (): Error =>
  Object.assign(new Error('an LZ4 block that is too long'), { code: 'ERR_BUFFER_TOO_LARGE' })

function copyLiterals(
  reader: BlockReader,
  target: Uint8Array,
  start: number,
  length: number,
): number {
  if (start + length > target.length) throw tooLong()
  target.set(reader.bytes(length), start)
  return start + length
}

/** Reads on from byte to byte; throws where there is none. */
class BlockReader {
  readonly #source: Uint8Array
  #at = 0

  constructor(source: Uint8Array) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at === this.#source.length
  }

  byte(): number {
    if (this.isAtEnd) throw new Error('an LZ4 block that is cut off')
    return this.#source[this.#at++]!
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count
    if (end > this.#source.length) throw new Error('an LZ4 block that is cut off')
    const bytes = this.#source.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  /** A length of which the half byte of the token is the beginning. */
  length(nibble: number): number {
    let length = nibble
    if (nibble < nibbleMax) return length
    for (let byte = 255; byte === 255; length += byte) byte = this.byte()
    return length
  }
}
