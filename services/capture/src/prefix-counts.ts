/**
 * Counts per client prefix: one window of the traffic counter.
 *
 * Open addressing over dense rows in typed arrays, so that counting a packet allocates nothing and
 * closing a window costs what was used. The key is two words: an IPv6 /48 is (32 bits, 16 bits),
 * an IPv4 /24 is (24 bits, {@link ipv4Mark}), which no IPv6 low word can be.
 */

/**
 * Words of one row in {@link PrefixCounts.hot}: what nearly every packet needs, and no more. A busy
 * minute's rows exceed the processor's cache; rows of 32 bytes took three times as long.
 */
export const hot = { high: 0, low: 1, udpQueries: 2, slot: 3 } as const
/** Words of one row in {@link PrefixCounts.cold}. */
export const cold = {
  tcpQueries: 0,
  truncatedAnswers: 1,
  handshakes: 2,
  /** 1 when an excluded client lies in the prefix. */
  hasExcluded: 3,
} as const

export const rowWords = 4
export const ipv4Mark = 0x1_0000
const rowsAtStart = 2048

/** Row 0 stands for all prefixes beyond the bound. */
export const restRow = 0

export class PrefixCounts {
  hot = new Int32Array(rowsAtStart * rowWords)
  cold = new Int32Array(rowsAtStart * rowWords)
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
      const at = row * rowWords
      if (this.hot[at] === high && this.hot[at + hot.low] === low) return row
      slot = (slot + 1) & mask
    }
  }

  #add(high: number, low: number, slot: number): number {
    if (this.rows > this.#prefixesMax) return restRow
    const row = this.rows++
    const at = row * rowWords
    this.hot[at + hot.high] = high
    this.hot[at + hot.low] = low
    this.hot[at + hot.udpQueries] = 0
    this.hot[at + hot.slot] = slot
    this.cold.fill(0, at, at + rowWords)
    this.#index[slot] = row
    if (this.rows * rowWords === this.hot.length) this.#grow()
    return row
  }

  #grow(): void {
    this.hot = doubled(this.hot)
    this.cold = doubled(this.cold)
    this.#index = new Int32Array(this.#index.length * 2)
    this.#shift--
    const mask = this.#index.length - 1
    for (let row = 1; row < this.rows; row++) {
      const at = row * rowWords
      let slot = hash(this.hot[at]!, this.hot[at + hot.low]!) >>> this.#shift
      while (this.#index[slot] !== 0) slot = (slot + 1) & mask
      this.#index[slot] = row
      this.hot[at + hot.slot] = slot
    }
  }

  /** Forgets all rows; the room stays. */
  clear(): void {
    for (let row = 1; row < this.rows; row++) {
      this.#index[this.hot[row * rowWords + hot.slot]!] = 0
    }
    this.hot.fill(0, 0, rowWords)
    this.cold.fill(0, 0, rowWords)
    this.rows = 1
  }

  /** Whether anything was counted in a row. */
  hasCounts(row: number): boolean {
    const at = row * rowWords
    const { cold: rare } = this
    return (
      (this.hot[at + hot.udpQueries]! |
        rare[at + cold.tcpQueries]! |
        rare[at + cold.truncatedAnswers]! |
        rare[at + cold.handshakes]!) !==
      0
    )
  }
}

function doubled(words: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(words.length * 2)
  larger.set(words)
  return larger
}

/** Multiplicative, both words twice: neighbouring prefixes are the common case. */
function hash(high: number, low: number): number {
  let mixed = Math.imul(high ^ Math.imul(low, 0x85eb_ca6b), 0x9e37_79b1)
  mixed ^= mixed >>> 15
  return Math.imul(mixed, 0xc2b2_ae35)
}
