import { int32, type Segment } from '@goldpan/packet'

/**
 * The handshakes that wait for their ACK, and those completed in the last minute.
 *
 * A ring in order of the first SYN-ACK, so that the oldest is always at the tail: expiry and
 * eviction are one comparison and nothing is ever unlinked. Lookup goes through buckets hashed on
 * (number that the ACK must carry, client port); a chain ends where it runs into expired entries.
 * Everything is in typed arrays; the ring doubles up to its bound and is small when idle.
 */

/** Words of one entry in {@link PendingTable.words}. */
export const entry = {
  /** Client port in the upper half, server port in the lower. */
  ports: 0,
  client: 1,
  server: 5,
  firstSeconds: 9,
  firstNanos: 10,
  lastSeconds: 11,
  lastNanos: 12,
  firstTsVal: 13,
  lastTsVal: 14,
  /** Microseconds, valid with {@link state.hasAccept}. */
  acceptMicros: 15,
  /** Row of the server in the table of servers. */
  serverIndex: 16,
  state: 17,
  /** Egress link in the upper half, source (file) in the lower. */
  linkAndSource: 18,
  /** IP identification and TCP checksum: tells a mirrored copy from a retransmission. */
  fingerprint: 19,
} as const

export const entryWords = 20

/** Bits of {@link entry.state}; the count of retransmissions stands above them. */
export const state = {
  done: 1,
  ipv6: 2,
  synMissing: 4,
  fastOpen: 8,
  hasTimestamps: 16,
  hasAccept: 32,
  /** Some SYN-ACK between the first and the last is kept in the middle times. */
  hasMiddle: 64,
} as const
export const retransmissionShift = 8

/** Age at which an entry is forgotten, counted from its first SYN-ACK. */
const ageSecondsMax = 60
const capacityAtStart = 4096

export class PendingTable {
  words: Int32Array
  /** Sequence numbers are int32 and wrap; the ring holds [tail, head). */
  #tail = 0
  #head = 0
  #expected: Int32Array
  #next: Int32Array
  #buckets: Int32Array
  #mask: number
  readonly #capacityMax: number
  /** Called for each entry that leaves the ring without having completed. */
  readonly #onLost: (offset: number, evicted: boolean) => void

  /** `pendingMax` is rounded down to a power of two; 2²¹ entries take 194 MB. */
  constructor(pendingMax: number, onLost: (offset: number, evicted: boolean) => void) {
    this.#capacityMax = 2 ** Math.floor(Math.log2(Math.max(pendingMax, 2)))
    const capacity = Math.min(capacityAtStart, this.#capacityMax)
    this.words = new Int32Array(capacity * entryWords)
    this.#expected = new Int32Array(capacity)
    this.#next = new Int32Array(capacity)
    this.#buckets = new Int32Array(capacity).fill(-1)
    this.#mask = capacity - 1
    this.#onLost = onLost
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
    return (sequence & this.#mask) * entryWords
  }

  /** Whether an entry is still in the ring. */
  has(sequence: number): boolean {
    return ((sequence - this.#tail) | 0) >= 0 && ((this.#head - sequence) | 0) > 0
  }

  /** Sequence number of the entry at `offset`. */
  sequenceAt(offset: number): number {
    return (this.#tail + ((offset / entryWords - this.#tail) & this.#mask)) | 0
  }

  /** The number that the ACK of the entry at `offset` must carry. */
  expectedAt(offset: number): number {
    return this.#expected[offset / entryWords]!
  }

  /**
   * Offset of the entry that expects `expected` of this client and server, or −1.
   * The newest comes first where several fit.
   */
  find(
    expected: number,
    segment: Segment,
    ports: number,
    clientOffset: number,
    serverOffset: number,
  ): number {
    let sequence = this.#buckets[bucketHash(expected, ports) & this.#mask]!
    while (this.has(sequence)) {
      const slot = sequence & this.#mask
      if (
        this.#expected[slot] === expected &&
        this.#isOf(slot * entryWords, segment, ports, clientOffset, serverOffset)
      ) {
        return slot * entryWords
      }
      sequence = this.#next[slot]!
    }
    return -1
  }

  #isOf(
    offset: number,
    segment: Segment,
    ports: number,
    clientOffset: number,
    serverOffset: number,
  ): boolean {
    const { words } = this
    if (words[offset + entry.ports] !== ports) return false
    const isIpv6 = (words[offset + entry.state]! & state.ipv6) !== 0
    if (isIpv6 !== (segment.family === 6)) return false
    const { buffer } = segment
    const addressWords = isIpv6 ? 4 : 1
    for (let word = 0; word < addressWords; word++) {
      if (words[offset + entry.client + word] !== int32(buffer, clientOffset + word * 4))
        return false
      if (words[offset + entry.server + word] !== int32(buffer, serverOffset + word * 4))
        return false
    }
    return true
  }

  /** Makes room for one entry and returns its offset; the caller fills in all its words. */
  add(expected: number, ports: number, nowSeconds: number): number {
    this.expire(nowSeconds)
    if (this.size > this.#mask) {
      if (this.#mask + 1 < this.#capacityMax) this.#grow()
      else this.#dropTail(true)
    }
    const slot = this.#head & this.#mask
    const bucket = bucketHash(expected, ports) & this.#mask
    this.#expected[slot] = expected
    this.#next[slot] = this.#buckets[bucket]!
    this.#buckets[bucket] = this.#head
    this.#head = (this.#head + 1) | 0
    return slot * entryWords
  }

  /** Forgets what is older than its age at `nowSeconds`. */
  expire(nowSeconds: number): void {
    while (this.#tail !== this.#head) {
      const first = this.words[this.offsetOf(this.#tail) + entry.firstSeconds]!
      if (((nowSeconds - first) | 0) <= ageSecondsMax) return
      this.#dropTail(false)
    }
  }

  #dropTail(evicted: boolean): void {
    const offset = this.offsetOf(this.#tail)
    if (!(this.words[offset + entry.state]! & state.done)) this.#onLost(offset, evicted)
    this.#tail = (this.#tail + 1) | 0
  }

  /** Forgets everything; what had not completed is reported. */
  clear(): void {
    while (this.#tail !== this.#head) this.#dropTail(false)
  }

  #grow(): void {
    const { words } = this
    const expected = this.#expected
    const oldMask = this.#mask
    const capacity = (oldMask + 1) * 2
    this.#mask = capacity - 1
    this.words = new Int32Array(capacity * entryWords)
    this.#expected = new Int32Array(capacity)
    this.#next = new Int32Array(capacity)
    this.#buckets = new Int32Array(capacity).fill(-1)
    for (let sequence = this.#tail; sequence !== this.#head; sequence = (sequence + 1) | 0) {
      const from = sequence & oldMask
      const slot = sequence & this.#mask
      const offset = from * entryWords
      this.words.set(words.subarray(offset, offset + entryWords), slot * entryWords)
      this.#expected[slot] = expected[from]!
      const bucket = bucketHash(expected[from]!, words[offset + entry.ports]!) & this.#mask
      this.#next[slot] = this.#buckets[bucket]!
      this.#buckets[bucket] = sequence
    }
  }
}

/** Nanoseconds from the time in the two words at `at` to `segment`; may be negative. */
export function nanosSince(words: Int32Array, at: number, segment: Segment): number {
  const seconds = ((segment.seconds | 0) - words[at]!) | 0
  return seconds * 1e9 + (segment.nanoseconds - words[at + 1]!)
}

/** Mixes the expected number with the ports; the low bits select the bucket. */
function bucketHash(expected: number, ports: number): number {
  const mixed = Math.imul(expected ^ Math.imul(ports, 0x9e37_79b1), 0x85eb_ca6b)
  return mixed ^ (mixed >>> 15)
}
