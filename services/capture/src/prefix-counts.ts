/**
 * Counts per client prefix: one window of the traffic counter.
 *
 * Open addressing over dense rows in typed arrays, so that counting a packet allocates nothing and
 * closing a window costs what was used. The key is two words: an IPv6 /48 is (32 bits, 16 bits),
 * an IPv4 /24 is (24 bits, {@link ipv4Mark}), which no IPv6 low word can be.
 */

/** Words of one row in {@link PrefixCounts.words}. */
export const count = {
  high: 0,
  low: 1,
  udpQueries: 2,
  tcpQueries: 3,
  truncatedAnswers: 4,
  handshakes: 5,
  /** Where the row stands in the index. */
  slot: 6,
  /** 1 when an excluded client lies in the prefix. */
  hasExcluded: 7,
} as const

export const countWords = 8
export const ipv4Mark = 0x1_0000
const rowsAtStart = 2048

/** Row 0 stands for all prefixes beyond the bound. */
export const restRow = 0

export class PrefixCounts {
  words = new Int32Array(rowsAtStart * countWords)
  /** Rows in use, the rest row included. */
  rows = 1
  readonly #prefixesMax: number
  /** Row per slot, 0 where empty; twice as long as there is room for rows. */
  #index = new Int32Array(rowsAtStart * 2)
  #shift = 32 - Math.log2(rowsAtStart * 2)

  constructor(prefixesMax: number) {
    this.#prefixesMax = prefixesMax
  }

  /** Row of a prefix, or {@link restRow} when there are too many. New rows hold zeros. */
  rowOf(high: number, low: number): number {
    const index = this.#index
    const mask = index.length - 1
    let slot = hash(high, low) >>> this.#shift
    for (;;) {
      const row = index[slot]!
      if (row === 0) return this.#add(high, low, slot)
      const at = row * countWords
      if (this.words[at] === high && this.words[at + count.low] === low) return row
      slot = (slot + 1) & mask
    }
  }

  #add(high: number, low: number, slot: number): number {
    if (this.rows > this.#prefixesMax) return restRow
    const row = this.rows++
    const at = row * countWords
    this.words.fill(0, at, at + countWords)
    this.words[at + count.high] = high
    this.words[at + count.low] = low
    this.words[at + count.slot] = slot
    this.#index[slot] = row
    if (this.rows * countWords === this.words.length) this.#grow()
    return row
  }

  #grow(): void {
    const words = new Int32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    this.#index = new Int32Array(this.#index.length * 2)
    this.#shift--
    const mask = this.#index.length - 1
    for (let row = 1; row < this.rows; row++) {
      const at = row * countWords
      let slot = hash(words[at]!, words[at + count.low]!) >>> this.#shift
      while (this.#index[slot] !== 0) slot = (slot + 1) & mask
      this.#index[slot] = row
      words[at + count.slot] = slot
    }
  }

  /** Forgets all rows; the room stays. */
  clear(): void {
    for (let row = 1; row < this.rows; row++) {
      this.#index[this.words[row * countWords + count.slot]!] = 0
    }
    this.words.fill(0, 0, countWords)
    this.rows = 1
  }
}

/** Multiplicative, both words twice: neighbouring prefixes are the common case. */
function hash(high: number, low: number): number {
  let mixed = Math.imul(high ^ Math.imul(low, 0x85eb_ca6b), 0x9e37_79b1)
  mixed ^= mixed >>> 15
  return Math.imul(mixed, 0xc2b2_ae35)
}
