import { addressBytes, type TrafficBatch, trafficPresent } from '@goldpan/core'
import type { Segment } from '@goldpan/packet'
import { countDnsMessages } from './count-dns-messages.ts'
import {
  cold,
  hot,
  ipv4Mark,
  PrefixCounts,
  restRow,
  rowWords,
  udpQueriesColumn,
} from './prefix-counts.ts'
import { createTrafficCounters, type TrafficCounters } from './traffic-counters.ts'
import { isSampled } from './traffic-sampling.ts'
import { UsualDatagrams, type Visibility } from './usual-datagrams.ts'

/** Takes the rows of closed minutes. */
export interface TrafficSink {
  /** The batch that rows go to; it has room for one more. */
  trafficBatch(): TrafficBatch
  /** Called when that batch holds its capacity. */
  trafficFull(): void
}

/** Clients kept out of every count. */
export interface ExcludedClients {
  /** Whether some excluded client lies in the prefix (16 bytes, /24 or /48). */
  touches(prefix: Uint8Array): boolean
  /** Whether the client with these bytes (4 or 16) is excluded. */
  has(bytes: Uint8Array, offset: number, family: number): boolean
}

export interface TrafficCounterOptions {
  /** Server ports. */
  readonly ports: readonly number[]
  readonly sink: TrafficSink
  /** Prefixes told apart in one minute; the rest shares a row. Default 500,000. */
  readonly prefixesMax?: number
  readonly excluded?: ExcludedClients
}

const prefixesMaxDefault = 500_000
/** A packet this much before the minute is late; one further back starts its own minute. */
const lateSecondsMax = 60
const dnsHeaderBytes = 12
/** DNS over TLS (RFC 7858): its queries cannot be counted. */
const encryptedPort = 853

/**
 * Counts DNS queries per client prefix and minute of packet time, allocating nothing per packet.
 *
 * A count is absent until a packet of its kind was seen in the input for that IP version (a tap
 * that shows one direction, a server whose UDP bypasses the capture), and from then on 0 is none.
 * One minute is open at a time: a packet of the minute before counts in the open one, as late.
 */
export class TrafficCounter {
  readonly #counters: TrafficCounters = createTrafficCounters()
  readonly #isServerPort = new Uint8Array(65_536)
  readonly #sink: TrafficSink
  readonly #excluded: ExcludedClients | undefined
  readonly #prefixes: PrefixCounts
  readonly #seen: Readonly<Record<4 | 6, Visibility>> = {
    4: { udpQueries: false, udpAnswers: false, tcpInbound: false, tcpOutbound: false },
    6: { udpQueries: false, udpAnswers: false, tcpInbound: false, tcpOutbound: false },
  }
  readonly #usual: UsualDatagrams
  readonly #prefixBytes = new Uint8Array(addressBytes)
  #minuteSeconds = 0
  #isOpen = false
  /** One datagram in this many counts, for as many; 0: nothing is counted. */
  #rate = 1
  /** The rate from the next minute on. */
  #nextRate = 1
  /** The highest rate of the open minute. */
  #minuteRate = 1

  constructor(options: TrafficCounterOptions) {
    for (const port of options.ports) this.#isServerPort[port] = 1
    this.#sink = options.sink
    this.#excluded = options.excluded
    this.#prefixes = new PrefixCounts(options.prefixesMax ?? prefixesMaxDefault)
    this.#usual = new UsualDatagrams({
      isServerPort: this.#isServerPort,
      prefixes: this.#prefixes,
      seen: this.#seen,
    })
  }

  get counters(): Readonly<TrafficCounters> {
    this.#prefixes.settle()
    this.#counters.prefixes_beyond_bound = this.#prefixes.beyondBound
    return this.#counters
  }

  /**
   * Counts a packet by the bytes from its IP header on, if it is of the open minute and a usual
   * datagram; false where it must be decoded.
   */
  takeUsual(buffer: Uint8Array, network: number, end: number, seconds: number): boolean {
    const ahead = seconds - this.#minuteSeconds
    if (ahead < 0 || ahead >= 60 || this.#rate !== 1 || !this.#isOpen) return false
    return this.#excluded === undefined && this.#usual.take(buffer, network, end)
  }

  /** Counts a datagram: a query to a server port, or a truncated answer from one. */
  observeUdp(segment: Segment): void {
    const toServer = this.#isServerPort[segment.destinationPort] === 1
    if (!toServer && this.#isServerPort[segment.sourcePort] !== 1) return
    this.#moveTo(segment.seconds)
    if (this.#rate !== 1 && !isSampled(segment, toServer, this.#rate)) {
      this.#counters.sampled_out++
      return
    }
    const header = segment.transportOffset + 8
    if (segment.payloadBytes < dnsHeaderBytes) {
      this.#counters.not_dns++
      return
    }
    // Cut before the flags, the port alone tells a query from an answer.
    const flags = header + 3 <= segment.end ? segment.buffer[header + 2]! : toServer ? 0 : 0x80
    const isAnswer = flags >= 0x80
    const seen = this.#seen[segment.family as 4 | 6]
    if (!isAnswer && toServer) {
      seen.udpQueries = true
      this.#add(segment, segment.sourceOffset, udpQueriesColumn, this.#rate)
    } else if (isAnswer && this.#isServerPort[segment.sourcePort] === 1) {
      seen.udpAnswers = true
      // TC (RFC 1035 §4.1.1)
      if (flags & 2) {
        this.#add(segment, segment.destinationOffset, cold.truncatedAnswers, this.#rate)
      }
    } else {
      this.#counters.not_dns++
    }
  }

  /** Counts the queries that start in a client's segment. */
  observeTcp(segment: Segment): void {
    if (this.#isServerPort[segment.destinationPort] === 1) {
      this.#moveTo(segment.seconds)
      if (segment.destinationPort === encryptedPort) return
      this.#seen[segment.family as 4 | 6].tcpInbound = true
      if (segment.payloadBytes < 2) return
      const queries = this.#rate === 0 ? 0 : countDnsMessages(segment)
      if (queries > 0) this.#add(segment, segment.sourceOffset, cold.tcpQueries, queries)
    } else if (this.#isServerPort[segment.sourcePort] === 1) {
      this.#moveTo(segment.seconds)
      this.#seen[segment.family as 4 | 6].tcpOutbound = true
    }
  }

  /** Counts a handshake that the current packet, an ACK, completed. */
  countHandshake(segment: Segment): void {
    if (this.#rate === 0) return
    this.#add(segment, segment.sourceOffset, cold.handshakes, 1)
  }

  /**
   * Counts one datagram in `rate` (a power of two), for as many. With 0 nothing is counted and the
   * open minute is not sent; from 0 counting starts anew with the next minute.
   */
  sample(rate: number): void {
    this.#nextRate = rate
    if (this.#rate === 0) return
    this.#rate = rate
    if (rate > this.#minuteRate) this.#minuteRate = rate
    if (rate === 0 && this.#isOpen) {
      this.#prefixes.clear()
      this.#counters.minutes_given_up++
    }
  }

  /** Closes the open minute; what follows starts a new one. */
  finish(): void {
    if (this.#isOpen) this.#close()
  }

  /** Makes the minute of a packet the open one. */
  #moveTo(seconds: number): void {
    const ahead = seconds - this.#minuteSeconds
    if (ahead >= 0 && ahead < 60 && this.#isOpen) return
    if (this.#isOpen && ahead < 0 && ahead >= -lateSecondsMax) {
      this.#counters.late_packets++
      return
    }
    if (this.#isOpen) this.#close()
    this.#minuteSeconds = seconds - (seconds % 60)
    this.#isOpen = true
    this.#rate = this.#nextRate
    this.#minuteRate = this.#rate
  }

  /** Adds to a column of the prefix of the client at `client`, unless it is excluded. */
  #add({ buffer, family }: Segment, client: number, column: number, amount: number): void {
    let high = (buffer[client]! << 16) | (buffer[client + 1]! << 8) | buffer[client + 2]!
    let low = ipv4Mark
    if (family === 6) {
      high = (high << 8) | buffer[client + 3]!
      low = (buffer[client + 4]! << 8) | buffer[client + 5]!
    }
    if (this.#excluded !== undefined && this.#isExcluded(buffer, client, family, high, low)) {
      this.#counters.excluded_packets++
    } else {
      this.#prefixes.count(high, low, column, amount)
    }
  }

  #isExcluded(
    buffer: Uint8Array,
    client: number,
    family: number,
    high: number,
    low: number,
  ): boolean {
    const prefixes = this.#prefixes
    prefixes.settle()
    const rowsBefore = prefixes.rows
    const row = prefixes.rowOf(high, low)
    if (prefixes.rows > rowsBefore) this.#markExcluded(row)
    const mayBe = row === restRow || prefixes.cold[row * rowWords + cold.hasExcluded] === 1
    return mayBe && this.#excluded!.has(buffer, client, family)
  }

  #markExcluded(row: number): void {
    writePrefixWords(this.#prefixes.hot, row, this.#prefixBytes, 0)
    if (!this.#excluded!.touches(this.#prefixBytes)) return
    this.#prefixes.cold[row * rowWords + cold.hasExcluded] = 1
  }

  #close(): void {
    const prefixes = this.#prefixes
    prefixes.settle()
    for (let row = 1; row < prefixes.rows; row++) this.#write(row)
    this.#write(restRow)
    prefixes.clear()
    this.#isOpen = false
  }

  #write(row: number): void {
    const prefixes = this.#prefixes
    // Nobody was beyond the bound, or only excluded clients were there: nothing to say.
    if (!prefixes.hasCounts(row)) return
    const at = row * rowWords
    const batch = this.#sink.trafficBatch()
    const target = batch.length
    batch.minuteSeconds[target] = this.#minuteSeconds
    batch.udpQueries[target] = prefixes.hot[at + hot.udpQueries]!
    batch.tcpQueries[target] = prefixes.cold[at + cold.tcpQueries]!
    batch.truncatedAnswers[target] = prefixes.cold[at + cold.truncatedAnswers]!
    batch.handshakes[target] = prefixes.cold[at + cold.handshakes]!
    batch.samplingRate[target] = this.#minuteRate
    if (row === restRow) {
      batch.prefix.fill(0, target * addressBytes, (target + 1) * addressBytes)
      batch.present[target] = presentOf(this.#seen[4]) | presentOf(this.#seen[6])
    } else {
      writePrefixWords(prefixes.hot, row, batch.prefix, target * addressBytes)
      const family = prefixes.hot[at + hot.low] === ipv4Mark ? 4 : 6
      batch.present[target] = trafficPresent.prefix | presentOf(this.#seen[family])
    }
    batch.length = target + 1
    if (batch.length === batch.capacity) this.#sink.trafficFull()
  }
}

function presentOf(seen: Visibility): number {
  let present = 0
  if (seen.udpQueries) present |= trafficPresent.udpQueries
  if (seen.udpAnswers) present |= trafficPresent.truncatedAnswers
  if (seen.tcpInbound) present |= trafficPresent.tcpQueries
  if (seen.tcpInbound && seen.tcpOutbound) present |= trafficPresent.handshakes
  return present
}

/** Writes the 16 bytes of the prefix of `row`. */
function writePrefixWords(words: Int32Array, row: number, bytes: Uint8Array, offset: number): void {
  const high = words[row * rowWords + hot.high]!
  const low = words[row * rowWords + hot.low]!
  bytes.fill(0, offset, offset + addressBytes)
  if (low === ipv4Mark) {
    bytes[offset + 10] = 0xff
    bytes[offset + 11] = 0xff
    bytes[offset + 12] = high >>> 16
    bytes[offset + 13] = high >>> 8
    bytes[offset + 14] = high
    return
  }
  bytes[offset] = high >>> 24
  bytes[offset + 1] = high >>> 16
  bytes[offset + 2] = high >>> 8
  bytes[offset + 3] = high
  bytes[offset + 4] = low >>> 8
  bytes[offset + 5] = low
}
