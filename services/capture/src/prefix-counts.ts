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

/** The column of {@link PrefixCounts.count} that lies in {@link PrefixCounts.hot}. */
export const udpQueriesColumn = -1

export const rowWords = 4
export const ipv4Mark = 0x1_0000
const rowsAtStart = 2048
/**
 * Counts that wait to be added together: looking up one prefix after the other, the processor
 * waits for one miss of its cache at a time; in a row of them it waits for several at once.
 */
const waitingMax = 256
const waitingWords = 4

/** Row 0 stands for all prefixes beyond the bound. */
export const restRow = 0

export class PrefixCounts {
  hot = new Int32Array(rowsAtStart * rowWords)
  cold = new Int32Array(rowsAtStart * rowWords)
  /** Rows in use, the rest row included. */
  rows = 1
  /** Counts of prefixes beyond the bound. */
  beyondBound = 0
  readonly #prefixesMax: number
  /** Prefix (two words), column and amount of each count that waits. */
  readonly #waiting = new Int32Array(waitingMax * waitingWords)
  #waitingEnd = 0
  /** Rows, as far as known, of the counts that wait. */
  readonly #fetched = new Int32Array(waitingMax)
  /** Row per slot, 0 where empty; twice as long as there is room for rows. */
  #index = new Int32Array(rowsAtStart * 2)
  #shift = 32 - Math.log2(rowsAtStart * 2)

  constructor(prefixesMax: number) {
    this.#prefixesMax = prefixesMax
  }

  /** Adds to a column of a prefix, at {@link settle} or before. */
  count(high: number, low: number, column: number, amount: number): void {
    const waiting = this.#waiting
    const at = this.#waitingEnd
    waiting[at] = high
    waiting[at + 1] = low
    waiting[at + 2] = column
    waiting[at + 3] = amount
    this.#waitingEnd = at + waitingWords
    if (this.#waitingEnd === waiting.length) this.settle()
  }

  /** Adds what waits, in the order in which it came. */
  settle(): void {
    this.#fetch()
    const waiting = this.#waiting
    const end = this.#waitingEnd
    for (let at = 0; at < end; at += waitingWords) {
      const row = this.rowOf(waiting[at]!, waiting[at + 1]!)
      const column = waiting[at + 2]!
      const amount = waiting[at + 3]!
      if (column === udpQueriesColumn) this.hot[row * rowWords + hot.udpQueries]! += amount
      else this.cold[row * rowWords + column]! += amount
      if (row === restRow) this.beyondBound++
    }
    this.#waitingEnd = 0
  }

  /** Brings what {@link settle} will look at into the processor's cache, with no branch on it. */
  #fetch(): void {
    const waiting = this.#waiting
    const index = this.#index
    const rows = this.#fetched
    const shift = this.#shift
    const end = this.#waitingEnd
    for (let at = 0, to = 0; at < end; at += waitingWords, to++) {
      rows[to] = index[hash(waiting[at]!, waiting[at + 1]!) >>> shift]!
    }
    const { hot } = this
    let all = 0
    for (let from = 0; from < end / waitingWords; from++) all ^= hot[rows[from]! * rowWords]!
    // Kept somewhere, so that the compiler leaves the loads in.
    rows[0] = all
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

  /** Forgets all rows, and what waits; the room stays. */
  clear(): void {
    this.#waitingEnd = 0
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
