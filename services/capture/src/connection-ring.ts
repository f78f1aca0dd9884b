import type { Segment } from '@goldpan/packet'
import type { ConnectionKey } from './connection-key.ts'

/**
 * A ring of entries in the order in which they were added, each with the key of a connection.
 *
 * The oldest is always at the tail: expiry and eviction are one comparison and nothing is ever
 * unlinked. Lookup goes through buckets hashed on number, ports and client (a flood may keep all
 * but the client the same); a chain ends where it runs into entries that left. Entries live in
 * chunks, and what the tail leaves the head takes again: memory is that of the most entries there
 * ever were at a time (bench/broker-away.ts).
 */

/** Words of one entry that the ring itself uses; its owner gives the others a meaning. */
export const ringWord = {
  /** The TCP number that a segment is looked up by. */
  number: 0,
  /** Client port in the upper half, server port in the lower. */
  ports: 1,
  /** The bits of {@link ringState}, and those of the owner. */
  state: 2,
  /** Sequence number of the next older entry of the same bucket. */
  next: 3,
  /** The address (IPv4), or 32 bits that stand for it (IPv6). */
  client: 4,
  server: 5,
  addedSeconds: 6,
  /** The first word of the owner. */
  own: 7,
} as const

/** Words of an entry, 7 of the ring and 9 of its owner: a cache line. */
export const entryWords = 16

/** Bits of {@link ringWord.state} that belong to the key. */
export const ringState = { ipv6: 1, gone: 2 } as const
const keyBits = ringState.ipv6 | ringState.gone
const keyBitsOf = (key: ConnectionKey): number => (key.family === 6 ? ringState.ipv6 : 0)

/** Age at which an entry is forgotten. */
const ageSecondsMax = 60
const bucketsAtStart = 4096
/** Half a megabyte. */
const chunkBits = 13

export class ConnectionRing {
  /**
   * Room for the bound from the start, of which the system gives memory only to what was written:
   * growing copies nothing, and an idle ring is small.
   */
  readonly words: Int32Array
  /** Sequence numbers are int32 and wrap; the ring holds [tail, head). */
  #tail = 0
  #head = 0
  /**
   * The newest entry of each chain: the lower 24 bits of its sequence number, and above them one
   * bit of eight for every entry of the chain, which tells most misses in this one word. A bucket
   * that nothing was added to for 2²⁴ entries may point into another chain: that costs a walk.
   */
  readonly #buckets: Int32Array
  #mask: number
  readonly #capacityMax: number
  /** Bits of a sequence number that are its place in its chunk. */
  readonly #chunkBits: number
  /** The first entry's place of the chunk of each sequence number, by its bits above those. */
  readonly #places: Int32Array
  /** The first sequence number of each chunk. */
  readonly #firsts: Int32Array
  /** Chunks that were in use and are not now; the last one left is the next one taken. */
  readonly #free: number[] = []
  /** Chunks that were ever in use. */
  #chunks = 0
  /** Called for each entry that leaves the ring. */
  readonly #onLeave: (offset: number, evicted: boolean) => void

  /** `entriesMax` is rounded down to a power of two. */
  constructor(entriesMax: number, onLeave: (offset: number, evicted: boolean) => void) {
    const bits = Math.floor(Math.log2(Math.max(entriesMax, 2)))
    this.#capacityMax = 2 ** bits
    this.#chunkBits = Math.min(bits, chunkBits)
    // The tail's chunk and the head's may both be partly empty.
    const chunksMax = 2 ** (bits - this.#chunkBits) + 1
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(chunksMax)))
    this.#firsts = new Int32Array(chunksMax)
    this.words = new Int32Array(chunksMax * 2 ** this.#chunkBits * entryWords)
    this.#buckets = new Int32Array(this.#capacityMax)
    this.#mask = Math.min(bucketsAtStart, this.#capacityMax) - 1
    this.#onLeave = onLeave
  }

  get size(): number {
    return (this.#head - this.#tail) | 0
  }

  /** Sequence number of the newest entry. */
  get newest(): number {
    return (this.#head - 1) | 0
  }

  /** Offset of an entry's words; {@link has} tells whether they are still its own. */
  offsetOf(sequence: number): number {
    const bits = this.#chunkBits
    const place = this.#places[(sequence >> bits) & (this.#places.length - 1)]!
    return (place + (sequence & ((1 << bits) - 1))) * entryWords
  }

  /** Whether an entry is still in the ring. */
  has(sequence: number): boolean {
    return ((sequence - this.#tail) | 0) >= 0 && ((this.#head - sequence) | 0) > 0
  }

  /** Sequence number of the entry at `offset`. */
  sequenceAt(offset: number): number {
    const place = offset / entryWords
    return (this.#firsts[place >> this.#chunkBits]! + (place & ((1 << this.#chunkBits) - 1))) | 0
  }

  /** Offset of the entry with `number` of a connection, or −1; the newest where several fit. */
  find(number: number, key: ConnectionKey): number {
    const hash = bucketHash(number, key.ports, key.client)
    const newest = this.#buckets[hash & this.#mask]!
    if ((newest & filterBit(hash)) === 0) return -1
    const { words } = this
    let sequence = this.#sequenceOf(newest)
    while (this.has(sequence)) {
      const offset = this.offsetOf(sequence)
      if (words[offset + ringWord.number] === number && this.#isOf(offset, key)) return offset
      sequence = words[offset + ringWord.next]!
    }
    return -1
  }

  #isOf(offset: number, key: ConnectionKey): boolean {
    const { words } = this
    return (
      words[offset + ringWord.ports] === key.ports &&
      words[offset + ringWord.client] === key.client &&
      words[offset + ringWord.server] === key.server &&
      (words[offset + ringWord.state]! & keyBits) === keyBitsOf(key)
    )
  }

  /**
   * Adds an entry of a connection; returns its offset. The state holds the key's bits alone, the
   * other words of the owner hold what an older entry left.
   */
  add(number: number, key: ConnectionKey, nowSeconds: number): number {
    this.expire(nowSeconds)
    if (this.size > this.#mask) {
      if (this.#mask + 1 < this.#capacityMax) this.#grow()
      else this.#dropTail(true)
    }
    const sequence = this.#head
    if (this.#isFirstOfChunk(sequence)) this.#takeChunk(sequence)
    const offset = this.offsetOf(sequence)
    const { words } = this
    words[offset + ringWord.number] = number
    words[offset + ringWord.ports] = key.ports
    words[offset + ringWord.state] = keyBitsOf(key)
    words[offset + ringWord.client] = key.client
    words[offset + ringWord.server] = key.server
    words[offset + ringWord.addedSeconds] = nowSeconds
    this.#link(sequence, offset)
    this.#head = (sequence + 1) | 0
    return offset
  }

  /** Puts an entry of the ring at the head of its bucket's chain. */
  #link(sequence: number, offset: number): void {
    const { words } = this
    const hash = bucketHash(
      words[offset + ringWord.number]!,
      words[offset + ringWord.ports]!,
      words[offset + ringWord.client]!,
    )
    const bucket = hash & this.#mask
    const newest = this.#buckets[bucket]!
    // A chain leads to ever older entries; an empty one to what left, or it would lead to itself.
    const before = newest === 0 ? this.#tail - 1 : this.#sequenceOf(newest)
    const others = this.has(before) ? newest & ~sequenceBits : 0
    words[offset + ringWord.next] = before
    this.#buckets[bucket] = others | filterBit(hash) | (sequence & sequenceBits)
  }

  /** The latest sequence number before the head that ends in the lower bits of a bucket. */
  #sequenceOf(bucket: number): number {
    return (this.#head - 1 - ((this.#head - 1 - bucket) & sequenceBits)) | 0
  }

  /** Forgets what is older than its age at `nowSeconds`. */
  expire(nowSeconds: number): void {
    while (this.#tail !== this.#head) {
      const first = this.words[this.offsetOf(this.#tail) + ringWord.addedSeconds]!
      if (((nowSeconds - first) | 0) <= ageSecondsMax) return
      this.#dropTail(false)
    }
  }

  #dropTail(evicted: boolean): void {
    const offset = this.offsetOf(this.#tail)
    this.#onLeave(offset, evicted)
    this.#tail = (this.#tail + 1) | 0
    if (this.#isFirstOfChunk(this.#tail)) this.#free.push((offset / entryWords) >> this.#chunkBits)
  }

  #isFirstOfChunk(sequence: number): boolean {
    return (sequence & ((1 << this.#chunkBits) - 1)) === 0
  }

  #takeChunk(sequence: number): void {
    const chunk = this.#free.pop() ?? this.#chunks++
    this.#firsts[chunk] = sequence
    this.#places[(sequence >> this.#chunkBits) & (this.#places.length - 1)] =
      chunk << this.#chunkBits
  }

  /** Forgets everything. */
  clear(): void {
    while (this.#tail !== this.#head) this.#dropTail(false)
  }

  /** Doubles the buckets; entries keep their places. */
  #grow(): void {
    this.#mask = this.#mask * 2 + 1
    this.#buckets.fill(0, 0, this.#mask + 1)
    for (let sequence = this.#tail; sequence !== this.#head; sequence = (sequence + 1) | 0) {
      this.#link(sequence, this.offsetOf(sequence))
    }
  }
}

/** Nanoseconds from the time in the two words at `at` to `segment`; may be negative. */
export function nanosSince(words: Int32Array, at: number, segment: Segment): number {
  const seconds = ((segment.seconds | 0) - words[at]!) | 0
  return seconds * 1e9 + (segment.nanoseconds - words[at + 1]!)
}

/** Mixes the number with ports and client; the low bits select the bucket. */
function bucketHash(number: number, ports: number, client: number): number {
  const address = Math.imul(client, 0xc2b2_ae35)
  const mixed = Math.imul(number ^ Math.imul(ports, 0x9e37_79b1) ^ address, 0x85eb_ca6b)
  return mixed ^ (mixed >>> 15)
}

/** The part of a bucket that is a sequence number. */
const sequenceBits = 2 ** 24 - 1

/** The upper bits of a hash select one of the eight filter bits of its bucket. */
const filterBit = (hash: number): number => 1 << (24 + (hash >>> 29))
