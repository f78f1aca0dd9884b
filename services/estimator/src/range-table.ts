import { isIpv4, type Prefix } from '@goldpan/core'

/**
 * Longest match from prefixes to numbers, flattened into ranges that do not overlap: a lookup is
 * one binary search. Keys are the 32 bits of an IPv4 address or the first 48 of an IPv6 address,
 * both exact as Numbers. Clients are told apart no finer than /24 and /48: {@link lookupPrefix}
 * answers for a whole client prefix by what holds most of it; longer IPv6 prefixes count only where
 * no shorter one speaks.
 */
export class RangeTable {
  readonly #ipv4: Ranges
  readonly #ipv6: Ranges
  /** IPv4 by client prefix: no range begins within a /24. */
  readonly #clients: Ranges

  constructor({ ipv4, ipv6, ipv6Long }: RangeEntries) {
    this.#ipv4 = flatten(ipv4, 32)
    this.#clients = coarsen(this.#ipv4, ipv4)
    const known = flatten(ipv6, 48)
    const isAlone = (index: number): boolean => find(known, ipv6Long.starts[index]!) < 0
    const alone = select(ipv6Long, isAlone)
    this.#ipv6 = alone.starts.length > 0 ? flatten(concat(ipv6, alone), 48) : known
  }

  /** The value of the longest prefix that holds the address at `offset`, or −1. */
  lookup(bytes: Uint8Array, offset: number): number {
    return isIpv4(bytes, offset)
      ? find(this.#ipv4, ipv4Key(bytes, offset))
      : find(this.#ipv6, ipv6Key(bytes, offset))
  }

  /** The value of what holds most of the client prefix (/24, /48) at `offset`, or −1. */
  lookupPrefix(bytes: Uint8Array, offset: number): number {
    return isIpv4(bytes, offset)
      ? find(this.#clients, ipv4Key(bytes, offset))
      : find(this.#ipv6, ipv6Key(bytes, offset))
  }
}

/** Bits of an IPv6 address that a key holds. */
const ipv6KeyBits = 48
const ipv4MappedBits = 96
const clientIpv4Bits = 24
const clientAddresses = 256

/** Prefixes by their keys, in columns of numbers: a million of objects would take 300 MB. */
interface PrefixList {
  readonly starts: number[]
  /** Bits of the key that are fixed. */
  readonly bits: number[]
  readonly values: number[]
}

const createList = (): PrefixList => ({ starts: [], bits: [], values: [] })

function push({ starts, bits, values }: PrefixList, start: number, of: number, value: number) {
  starts.push(start)
  bits.push(of)
  values.push(value)
}

/** Those at the indexes for which `isWanted`. */
function select(list: PrefixList, isWanted: (index: number) => boolean): PrefixList {
  const selected = createList()
  for (let index = 0; index < list.starts.length; index++) {
    if (!isWanted(index)) continue
    push(selected, list.starts[index]!, list.bits[index]!, list.values[index]!)
  }
  return selected
}

const concat = (first: PrefixList, second: PrefixList): PrefixList => ({
  starts: first.starts.concat(second.starts),
  bits: first.bits.concat(second.bits),
  values: first.values.concat(second.values),
})

/** What a {@link RangeTable} is made of. */
export class RangeEntries {
  readonly ipv4 = createList()
  readonly ipv6 = createList()
  /** IPv6 beyond the bits of a key, as the whole key's. */
  readonly ipv6Long = createList()

  /** Adds what a prefix maps to, ≥ 0; of equal prefixes the last counts. */
  add({ bytes, bits }: Prefix, value: number): void {
    if (!isIpv4(bytes)) {
      const list = bits > ipv6KeyBits ? this.ipv6Long : this.ipv6
      push(list, ipv6Key(bytes, 0), Math.min(bits, ipv6KeyBits), value)
    } else if (bits >= ipv4MappedBits) {
      push(this.ipv4, ipv4Key(bytes, 0), bits - ipv4MappedBits, value)
    }
  }
}

interface Ranges {
  /** Sorted starts; a range ends where the next one starts. */
  readonly starts: Float64Array
  /** −1 where no prefix covers the range. */
  readonly values: Int32Array
  /** Keys by their highest bits: the range that holds the first key of each, and one at the end. */
  readonly jumps: Uint32Array
  /** What a key is divided by to get its highest bits. */
  readonly perJump: number
}

/** Highest bits of a key that are looked up at once. */
const jumpBits = 18

const ipv4Key = (bytes: Uint8Array, offset: number): number =>
  bytes[offset + 12]! * 2 ** 24 +
  ((bytes[offset + 13]! << 16) | (bytes[offset + 14]! << 8) | bytes[offset + 15]!)

const ipv6Key = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!) * 2 ** 24 +
  ((bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!)

/** Prefixes nest and never cross: a stack of the open ones is enough. */
function flatten(entries: PrefixList, keyBits: 32 | 48): Ranges {
  const { order, start, end, value } = sortedSpans(entries, keyBits)
  const starts: number[] = [0]
  const values: number[] = [-1]
  const open: number[] = []
  const mark = (key: number): void => {
    const now = open.length > 0 ? value[open.at(-1)!]! : -1
    if (starts.at(-1) === key) values[values.length - 1] = now
    else if (values.at(-1) !== now) {
      starts.push(key)
      values.push(now)
    }
  }
  const closeUntil = (key: number): void => {
    while (open.length > 0 && end[open.at(-1)!]! <= key) mark(end[open.pop()!]!)
  }
  for (const span of order) {
    closeUntil(start[span]!)
    open.push(span)
    mark(start[span]!)
  }
  closeUntil(Number.POSITIVE_INFINITY)
  return indexed(starts, values, keyBits)
}

/** The keys that each entry holds, and their order: by start, of equals the widest first. */
function sortedSpans({ starts, bits, values }: PrefixList, keyBits: 32 | 48) {
  const start = Float64Array.from(starts)
  const end = start.map((key, index) => key + 2 ** (keyBits - bits[index]!))
  const order = Uint32Array.from(starts.keys())
  order.sort((a, b) => start[a]! - start[b]! || end[b]! - end[a]! || a - b)
  return { order, start, end, value: Int32Array.from(values) }
}

/** The same with one value for each /24: that of most of its addresses which have any. */
function coarsen(ranges: Ranges, entries: PrefixList): Ranges {
  const split = new Set<number>()
  for (const [index, bits] of entries.bits.entries()) {
    const start = entries.starts[index]!
    if (bits > clientIpv4Bits) split.add(start - (start % clientAddresses))
  }
  if (split.size === 0) return ranges
  const whole = select(entries, (index) => entries.bits[index]! <= clientIpv4Bits)
  for (const key of split) push(whole, key, clientIpv4Bits, heaviestIn(ranges, key))
  // The last of equal prefixes counts.
  return flatten(whole, 32)
}

/** The value of most addresses of a /24, unknown ones aside. */
function heaviestIn(ranges: Ranges, key: number): number {
  const counts = new Map<number, number>()
  for (let address = 0; address < clientAddresses; address++) {
    const value = find(ranges, key + address)
    if (value >= 0) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts].sort((left, right) => right[1] - left[1])[0]![0]
}

function indexed(starts: readonly number[], values: readonly number[], keyBits: number): Ranges {
  const perJump = 2 ** (keyBits - jumpBits)
  const jumps = new Uint32Array(2 ** jumpBits + 1)
  let range = 0
  for (let jump = 0; jump < jumps.length - 1; jump++) {
    while (range + 1 < starts.length && starts[range + 1]! <= jump * perJump) range++
    jumps[jump] = range
  }
  jumps[jumps.length - 1] = starts.length - 1
  return { starts: Float64Array.from(starts), values: Int32Array.from(values), jumps, perJump }
}

function find({ starts, values, jumps, perJump }: Ranges, key: number): number {
  const jump = Math.floor(key / perJump)
  let low = jumps[jump]!
  let high = jumps[jump + 1]!
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= key) low = middle
    else high = middle - 1
  }
  return values[low]!
}
