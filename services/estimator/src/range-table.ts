import { isIpv4, type Prefix } from '@goldpan/core'

/**
 * Longest match from prefixes to numbers, flattened into ranges that do not overlap: a lookup is
 * one binary search. Keys are the 32 bits of an IPv4 address or the first 48 of an IPv6 address,
 * both exact as Numbers; clients are told apart no finer than /48.
 */
export class RangeTable {
  readonly #ipv4: Ranges
  readonly #ipv6: Ranges

  constructor(entries: readonly RangeEntry[]) {
    this.#ipv4 = flatten(entries.filter(({ prefix }) => prefix.bits >= 96 && isIpv4(prefix.bytes)))
    this.#ipv6 = flatten(entries.filter(({ prefix }) => !isIpv4(prefix.bytes) && prefix.bits <= 48))
  }

  /** The value of the longest prefix that holds the address at `offset`, or −1. */
  lookup(bytes: Uint8Array, offset: number): number {
    return isIpv4(bytes, offset)
      ? find(this.#ipv4, ipv4Key(bytes, offset))
      : find(this.#ipv6, ipv6Key(bytes, offset))
  }
}

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
