import { protocol } from '@goldpan/packet'
import { ipv4Mark, type PrefixCounts, udpQueriesColumn } from './prefix-counts.ts'

/** What was seen at all of one IP version: decides between 0 and absent. */
export interface Visibility {
  udpQueries: boolean
  udpAnswers: boolean
  tcpInbound: boolean
  tcpOutbound: boolean
}

const ipv4Bytes = 20
const ipv6Bytes = 40
const udpBytes = 8
const dnsHeaderBytes = 12
/** Bytes of a datagram that are looked at: up to the flags of its DNS header. */
const lookedAt = udpBytes + 3

export interface UsualDatagramsOptions {
  /** 1 for a server port. */
  readonly isServerPort: Uint8Array
  readonly prefixes: PrefixCounts
  readonly seen: Readonly<Record<4 | 6, Visibility>>
}

/**
 * Most packets of a name server: a query, or an answer that is not truncated, in a datagram with no
 * IP option, no fragment and no tunnel. They are counted from their bytes, without being decoded
 * (bench/analyze.ts); all others are left to the traffic counter, which counts these the same.
 */
export class UsualDatagrams {
  readonly #isServerPort: Uint8Array
  readonly #prefixes: PrefixCounts
  readonly #seen: Readonly<Record<4 | 6, Visibility>>

  constructor({ isServerPort, prefixes, seen }: UsualDatagramsOptions) {
    this.#isServerPort = isServerPort
    this.#prefixes = prefixes
    this.#seen = seen
  }

  /** Counts the packet whose IP header is at `network`; false where it is none of these. */
  take(b: Uint8Array, network: number, end: number): boolean {
    const isIpv4 = b[network] === 0x45
    const transport = network + (isIpv4 ? ipv4Bytes : ipv6Bytes)
    if (transport + lookedAt > end) return false
    if (!(isIpv4 ? isWholeIpv4(b, network) : isPlainIpv6(b, network))) return false
    const isAnswer = b[transport + udpBytes + 2]! >= 0x80
    if (isAnswer) return this.#takeAnswer(b, transport, isIpv4)
    const port = (b[transport + 2]! << 8) | b[transport + 3]!
    if (this.#isServerPort[port] !== 1) return false
    this.#seen[isIpv4 ? 4 : 6].udpQueries = true
    let client = transport - 8
    let high = (b[client]! << 16) | (b[client + 1]! << 8) | b[client + 2]!
    let low = ipv4Mark
    if (!isIpv4) {
      client = transport - 32
      high = (b[client]! << 24) | (b[client + 1]! << 16) | (b[client + 2]! << 8) | b[client + 3]!
      low = (b[client + 4]! << 8) | b[client + 5]!
    }
    this.#prefixes.count(high, low, udpQueriesColumn, 1)
    return true
  }

  #takeAnswer(b: Uint8Array, transport: number, isIpv4: boolean): boolean {
    const port = (b[transport]! << 8) | b[transport + 1]!
    // TC (RFC 1035 §4.1.1)
    if (this.#isServerPort[port] !== 1 || b[transport + udpBytes + 2]! & 2) return false
    this.#seen[isIpv4 ? 4 : 6].udpAnswers = true
    return true
  }
}

/** A datagram of a DNS message, no fragment, whose length no offloading left out. */
function isWholeIpv4(b: Uint8Array, network: number): boolean {
  if (b[network + 9] !== protocol.udp) return false
  if (((b[network + 6]! & 0x1f) | b[network + 7]!) !== 0) return false
  const bytes = (b[network + 2]! << 8) | b[network + 3]!
  return bytes >= ipv4Bytes + udpBytes + dnsHeaderBytes
}

/** The same of IPv6, of no client that may be an IPv4-mapped address. */
function isPlainIpv6(b: Uint8Array, network: number): boolean {
  if (b[network]! >> 4 !== 6 || b[network + 6] !== protocol.udp || b[network + 8] === 0)
    return false
  const bytes = (b[network + 4]! << 8) | b[network + 5]!
  return bytes >= udpBytes + dnsHeaderBytes
}
