import { addressBytes } from './handshake.ts'

/** Addresses and prefixes as 16 bytes, IPv4 mapped (::ffff:a.b.c.d, RFC 4291 §2.5.5.2). */

/** Whether the 16 bytes at `offset` are an IPv4-mapped address. */
export function isIpv4(bytes: Uint8Array, offset = 0): boolean {
  if (bytes[offset + 10] !== 0xff || bytes[offset + 11] !== 0xff) return false
  // Without a loop: it is asked several times of every packet and row.
  const first = bytes[offset]! | bytes[offset + 1]! | bytes[offset + 2]! | bytes[offset + 3]!
  const then = bytes[offset + 4]! | bytes[offset + 5]! | bytes[offset + 6]! | bytes[offset + 7]!
  return (first | then | bytes[offset + 8]! | bytes[offset + 9]!) === 0
}

/** 4 or 6, of the 16 bytes at `offset`. */
export function ipVersion(bytes: Uint8Array, offset = 0): 4 | 6 {
  return isIpv4(bytes, offset) ? 4 : 6
}

/** Length in mapped bits of the prefix that stands for a client: /24 is 120, /48 is 48. */
export function prefixBytes(bytes: Uint8Array, offset = 0): 15 | 6 {
  return isIpv4(bytes, offset) ? 15 : 6
}

/** Writes the client prefix (/24 or /48) of the address at `offset` to `target`. */
export function writePrefix(
  bytes: Uint8Array,
  offset: number,
  target: Uint8Array,
  targetOffset: number,
): void {
  const kept = prefixBytes(bytes, offset)
  for (let index = 0; index < addressBytes; index++) {
    target[targetOffset + index] = index < kept ? bytes[offset + index]! : 0
  }
}

/** Text of an address (RFC 5952; a mapped one as dotted quad). */
export function formatAddress(bytes: Uint8Array, offset = 0): string {
  if (isIpv4(bytes, offset)) return bytes.subarray(offset + 12, offset + 16).join('.')
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[offset + 2 * index]! << 8) | bytes[offset + 2 * index + 1]!,
  )
  const { start, length } = longestZeroRun(groups)
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':')
  if (length < 2) return hex(groups)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { start: index - length + 1, length }
  }
  return best
}

/** Text of a client prefix: `192.0.2.0/24`, `2001:db8::/48`. */
export function formatPrefix(bytes: Uint8Array, offset = 0): string {
  return `${formatAddress(bytes, offset)}/${isIpv4(bytes, offset) ? 24 : 48}`
}

/** The 16 bytes of an address, or undefined when the text is none. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

const octet = /^(0|[1-9]\d{0,2})$/

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) < 256)) {
    return undefined
  }
  const bytes = new Uint8Array(addressBytes)
  bytes.set([0xff, 0xff, ...parts.map(Number)], 10)
  return bytes
}

function parseIpv6(text: string): Uint8Array | undefined {
  const dotted = text.lastIndexOf(':') + 1
  let tail = text
  if (text.includes('.')) {
    const quad = parseIpv4(text.slice(dotted))
    if (!quad) return undefined
    const [a, b, c, d] = quad.subarray(12) as unknown as [number, number, number, number]
    tail = `${text.slice(0, dotted)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  }
  const halves = tail.split('::')
  if (halves.length > 2) return undefined
  const groupsOf = (half: string): string[] => (half === '' ? [] : half.split(':'))
  const head = groupsOf(halves[0]!)
  const rest = groupsOf(halves[1] ?? '')
  const missing = 8 - head.length - rest.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...rest]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  )
}

export interface Prefix {
  readonly bytes: Uint8Array
  /** Bits of the mapped form: an IPv4 /24 has 120. */
  readonly bits: number
}

/** Parses `192.0.2.0/24` or `2001:db8::/32`; bits beyond the length are cleared. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (!bytes) return undefined
  const lengthMax = text.includes(':') ? 128 : 32
  const lengthText = slash < 0 ? String(lengthMax) : text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > lengthMax) return undefined
  const bits = Number(lengthText) + 128 - lengthMax
  for (let index = 0; index < addressBytes; index++) {
    const keep = Math.min(Math.max(bits - index * 8, 0), 8)
    bytes[index]! &= 0xff << (8 - keep)
  }
  return { bytes, bits }
}
