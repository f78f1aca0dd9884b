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
    this.#ipv4 = flatten(ofIpv4)
    this.#clients = coarsen(this.#ipv4, ofIpv4)
    const ofIpv6 = entries.filter(({ prefix }) => !isIpv4(prefix.bytes))
    const short = ofIpv6.filter(({ prefix }) => prefix.bits <= ipv6KeyBits)
    const known = flatten(short)
    const long = ofIpv6
      .filter(({ prefix }) => prefix.bits > ipv6KeyBits)
      .filter(({ prefix }) => find(known, ipv6Key(prefix.bytes, 0)) < 0)
      .map(({ prefix, value }) => ({ prefix: { ...prefix, bits: ipv6KeyBits }, value }))
    this.#ipv6 = long.length > 0 ? flatten([...short, ...long]) : known
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
}

const ipv4Key = (bytes: Uint8Array, offset: number): number =>
  bytes[offset + 12]! * 2 ** 24 +
  ((bytes[offset + 13]! << 16) | (bytes[offset + 14]! << 8) | bytes[offset + 15]!)

const ipv6Key = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!) * 2 ** 24 +
  ((bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!)

interface Span {
  readonly start: number
  readonly end: number
  readonly value: number
}

function spanOf({ prefix: { bytes, bits }, value }: RangeEntry): Span {
  const isMapped = isIpv4(bytes)
  const start = isMapped ? ipv4Key(bytes, 0) : ipv6Key(bytes, 0)
  return { start, end: start + 2 ** ((isMapped ? 128 : 48) - bits), value }
}

/** Prefixes nest and never cross: a stack of the open ones is enough. */
function flatten(entries: readonly RangeEntry[]): Ranges {
  const spans = entries.map(spanOf).sort((a, b) => a.start - b.start || b.end - a.end)
  const starts: number[] = [0]
  const values: number[] = [-1]
  const open: Span[] = []
  const mark = (start: number): void => {
    const value = open.at(-1)?.value ?? -1
    if (starts.at(-1) === start) values[values.length - 1] = value
    else if (values.at(-1) !== value) {
      starts.push(start)
      values.push(value)
    }
  }
  const closeUntil = (start: number): void => {
    while (open.length > 0 && open.at(-1)!.end <= start) {
      const { end } = open.pop()!
      mark(end)
    }
  }
  for (const span of spans) {
    closeUntil(span.start)
    open.push(span)
    mark(span.start)
  }
  closeUntil(Number.POSITIVE_INFINITY)
  return { starts: Float64Array.from(starts), values: Int32Array.from(values) }
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
  return flatten([...whole, ...chosen])
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

function find({ starts, values }: Ranges, key: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= key) low = middle
    else high = middle - 1
  }
  return values[low]!
}
