/**
 * The frames of zstd (RFC 8878 §3.1), no chunk with bytes of two of them: Node's decompressor takes
 * what follows a frame in the chunk that ends it for no input of its own. Files of several frames
 * are usual: parallel compression and `cat` make them. Skippable frames are left out.
 */
export async function* zstdFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const walk = new FrameWalk()
  for await (const chunk of chunks) yield* walk.split(chunk)
  yield walk.rest
}

/** Whether these bytes begin a frame, of data or to be skipped. */
export function beginsZstdFrame(head: Uint8Array): boolean {
  if (head.length < magicBytes) return false
  const magic = new DataView(head.buffer, head.byteOffset).getUint32(0, true)
  return magic === frameMagic || isSkippable(magic)
}

const magicBytes = 4
const frameMagic = 0xfd2f_b528
const isSkippable = (magic: number): boolean => (magic & 0xffff_fff0) >>> 0 === 0x184d_2a50

/** What the bytes at hand are, and so how many of them there are. */
type Part = 'magic' | 'skippedSize' | 'skipped' | 'descriptor' | 'header' | 'block' | 'data' | 'sum'

/** Parts that are looked into; none is longer than a word. */
const wordParts: ReadonlySet<Part> = new Set(['magic', 'skippedSize', 'descriptor', 'block'])
const wordBytes = 4
const blockHeaderBytes = 3
const checksumBytes = 4
const dictionaryBytes = [0, 1, 2, 4] as const

class FrameWalk {
  #part: Part = 'magic'
  /** Bytes of the part that are to come. */
  #left = magicBytes
  /** The bytes so far of a part that is looked into. */
  readonly #word = Buffer.alloc(wordBytes)
  #have = 0
  #hasChecksum = false
  #isLastBlock = false

  /** What was held back: where the input ends within a magic, the decompressor says so. */
  get rest(): Buffer {
    return this.#word.subarray(0, this.#part === 'magic' ? this.#have : 0)
  }

  *split(chunk: Buffer): Generator<Buffer> {
    let from = 0
    for (let at = 0; at < chunk.length; ) {
      at += this.#take(chunk, at)
      if (this.#left > 0) break
      const wasOfFrame = this.#isOfFrame
      do this.#advance()
      while (this.#left === 0)
      if (wasOfFrame && this.#isOfFrame) continue
      // A magic is handed on once it is known to begin a frame that is not skipped.
      if (wasOfFrame) yield chunk.subarray(from, at)
      else if (this.#isOfFrame) yield Buffer.from(this.#word)
      from = at
    }
    if (from < chunk.length && this.#isOfFrame) yield chunk.subarray(from)
  }

  /** Takes what the chunk has of the part at hand; returns how many bytes that is. */
  #take(chunk: Buffer, at: number): number {
    const bytes = Math.min(this.#left, chunk.length - at)
    if (wordParts.has(this.#part)) {
      chunk.copy(this.#word, this.#have, at, at + bytes)
      this.#have += bytes
    }
    this.#left -= bytes
    return bytes
  }

  get #isOfFrame(): boolean {
    return this.#part !== 'magic' && this.#part !== 'skippedSize' && this.#part !== 'skipped'
  }

  #begin(part: Part, bytes: number): void {
    this.#part = part
    this.#left = bytes
    this.#have = 0
  }

  #advance(): void {
    const word = this.#word
    switch (this.#part) {
      case 'magic':
        // What is no frame is handed on as one: the decompressor says so.
        if (isSkippable(word.readUInt32LE())) this.#begin('skippedSize', 4)
        else this.#begin('descriptor', 1)
        return
      case 'skippedSize':
        return this.#begin('skipped', word.readUInt32LE())
      case 'descriptor':
        this.#hasChecksum = (word[0]! & 4) !== 0
        return this.#begin('header', headerBytes(word[0]!))
      case 'block':
        return this.#beginBlock(word.readUIntLE(0, blockHeaderBytes))
      case 'header':
        return this.#begin('block', blockHeaderBytes)
      case 'data':
        if (!this.#isLastBlock) return this.#begin('block', blockHeaderBytes)
        return this.#hasChecksum
          ? this.#begin('sum', checksumBytes)
          : this.#begin('magic', magicBytes)
      default:
        return this.#begin('magic', magicBytes)
    }
  }

  /** RFC 8878 §3.1.1.2: of a block that repeats one byte, the size is not that of its content. */
  #beginBlock(header: number): void {
    const isRepeated = ((header >> 1) & 3) === 1
    this.#isLastBlock = (header & 1) === 1
    this.#begin('data', isRepeated ? 1 : header >> 3)
  }
}

/** RFC 8878 §3.1.1.1: window, dictionary and content size behind the descriptor. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const contentSizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag
  return (isSingleSegment ? 0 : 1) + dictionaryBytes[(descriptor & 3) as 0]! + contentSizeBytes
}
