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

  constructor(entries: readonly RangeEntry[]) {
    const ofIpv4 = entries.filter(({ prefix }) => prefix.bits >= 96 && isIpv4(prefix.bytes))
    this.#ipv4 = flatten(ofIpv4, 32)
    this.#clients = coarsen(this.#ipv4, ofIpv4)
    const ofIpv6 = entries.filter(({ prefix }) => !isIpv4(prefix.bytes))
    const short = ofIpv6.filter(({ prefix }) => prefix.bits <= ipv6KeyBits)
    const known = flatten(short, 48)
    const long = ofIpv6
      .filter(({ prefix }) => prefix.bits > ipv6KeyBits)
      .filter(({ prefix }) => find(known, ipv6Key(prefix.bytes, 0)) < 0)
      .map(({ prefix, value }) => ({ prefix: { ...prefix, bits: ipv6KeyBits }, value }))
    this.#ipv6 = long.length > 0 ? flatten([...short, ...long], 48) : known
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
const clientIpv4Bits = 120
const clientAddresses = 256

export interface RangeEntry {
  readonly prefix: Prefix
  /** What the prefix maps to, ≥ 0. */
  readonly value: number
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
function flatten(entries: readonly RangeEntry[], keyBits: 32 | 48): Ranges {
  const { order, start, end, value } = sortedSpans(entries)
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
function sortedSpans(entries: readonly RangeEntry[]) {
  const start = new Float64Array(entries.length)
  const end = new Float64Array(entries.length)
  const value = new Int32Array(entries.length)
  for (const [index, entry] of entries.entries()) {
    const { bytes, bits } = entry.prefix
    const isMapped = isIpv4(bytes)
    start[index] = isMapped ? ipv4Key(bytes, 0) : ipv6Key(bytes, 0)
    end[index] = start[index]! + 2 ** ((isMapped ? 128 : 48) - bits)
    value[index] = entry.value
  }
  const order = Uint32Array.from(entries.keys())
  order.sort((a, b) => start[a]! - start[b]! || end[b]! - end[a]! || a - b)
  return { order, start, end, value }
}

/** The same with one value for each /24: that of most of its addresses which have any. */
function coarsen(ranges: Ranges, entries: readonly RangeEntry[]): Ranges {
  const split = new Set(
    entries
      .filter(({ prefix }) => prefix.bits > clientIpv4Bits)
      .map(({ prefix }) => ipv4Key(prefix.bytes, 0) & ~(clientAddresses - 1)),
  )
  if (split.size === 0) return ranges
  const whole = entries.filter(({ prefix }) => prefix.bits <= clientIpv4Bits)
  const chosen = [...split].map((key) => {
    const bytes = new Uint8Array(16)
    bytes.set([0xff, 0xff, key >>> 24, key >>> 16, key >>> 8, key], 10)
    return { prefix: { bytes, bits: clientIpv4Bits }, value: heaviestIn(ranges, key >>> 0) }
  })
  // The last of equal prefixes counts.
  return flatten([...whole, ...chosen], 32)
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
