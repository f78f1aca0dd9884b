import {
  addressBytes,
  type HandshakeBatch,
  handshakeFlag,
  handshakePresent,
  prefixBytes,
} from '@goldpan/core'
import { readTcpOptions, type Segment, TcpOptions } from '@goldpan/packet'
import type { HandshakeCounters } from './handshake-counters.ts'
import type { LinkTable } from './link-table.ts'
import type { MiddleSynackTimes } from './middle-synack-times.ts'
import {
  entry,
  nanosSince,
  type PendingTable,
  retransmissionShift,
  state,
} from './pending-table.ts'
import type { ServerTable } from './server-table.ts'

/** Takes completed handshakes, in the order of completion. */
export interface HandshakeSink {
  /** The batch that handshakes of a source go to; it has room for one more. */
  batchOf(source: number): HandshakeBatch
  /** Called when the batch of a source holds its capacity. */
  full(source: number): void
}

interface Parts {
  readonly pending: PendingTable
  readonly middles: MiddleSynackTimes
  readonly counters: HandshakeCounters
  readonly servers: ServerTable
  readonly links: LinkTable | undefined
  readonly sink: HandshakeSink
}

/** RTTs beyond this are discarded. */
const rttNanosMax = 10e9
/** Seen from the client the ACK comes at once, and the SYN-ACK took long. */
const clientSideRttNanosMax = 0.5e6
const clientSideAcceptMicrosMin = 1000
const clientSideRatioMin = 20

/** Turns a pending handshake and the ACK that ends it into one row. */
export class HandshakeCompleter {
  readonly #parts: Parts
  readonly #options = new TcpOptions()
  /** Whether the last answer told which SYN-ACK it was for. */
  #isAmbiguous = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Completes the handshake at `offset` of the pending table, unless that was done before. */
  complete(offset: number, ack: Segment, isAmbiguous: boolean): void {
    const { pending, counters, servers } = this.#parts
    const { words } = pending
    const flags = words[offset + entry.state]!
    if (flags & state.done) return
    words[offset + entry.state] = flags | state.done
    this.#isAmbiguous = isAmbiguous
    const rttNanos = this.#rttNanos(offset, flags, ack)
    servers.count(words[offset + entry.serverIndex]!, 'completed')
    if (rttNanos < 0) counters.negative_rtt++
    else if (rttNanos > rttNanosMax) counters.rtt_too_long++
    else this.#emit(offset, flags, ack, rttNanos)
  }

  /** Nanoseconds from the SYN-ACK that `ack` answers; from the last one when none can be told. */
  #rttNanos(offset: number, flags: number, ack: Segment): number {
    const { words } = this.#parts.pending
    const sinceLast = nanosSince(words, offset + entry.lastSeconds, ack)
    const retransmissions = flags >>> retransmissionShift
    readTcpOptions(ack, this.#options)
    if (!(flags & state.hasTimestamps) || !this.#options.hasTimestamps) {
      if (retransmissions > 0) this.#isAmbiguous = true
      return sinceLast
    }
    const answersFirst = this.#options.tsEcr === words[offset + entry.firstTsVal]
    if (retransmissions === 0) {
      if (!answersFirst) this.#isAmbiguous = true
      return sinceLast
    }
    return this.#rttNanosByTimestamp(offset, flags, ack, sinceLast)
  }

  /** RFC 7323 §3: TSecr echoes the TSval of the segment that is acknowledged. */
  #rttNanosByTimestamp(offset: number, flags: number, ack: Segment, sinceLast: number): number {
    const { pending, middles } = this.#parts
    const { words } = pending
    const { tsEcr } = this.#options
    const first = tsEcr === words[offset + entry.firstTsVal] ? 1 : 0
    const last = tsEcr === words[offset + entry.lastTsVal] ? 1 : 0
    const sequence = pending.sequenceAt(offset)
    const middle = flags & state.hasMiddle ? middles.count(sequence, tsEcr) : 0
    if (first + last + middle !== 1) {
      this.#isAmbiguous = true
      return sinceLast
    }
    if (last) return sinceLast
    if (first) return nanosSince(words, offset + entry.firstSeconds, ack)
    return middles.nanosUntil(sequence, tsEcr, ack)
  }

  #emit(offset: number, state0: number, ack: Segment, rttNanos: number): void {
    const { words } = this.#parts.pending
    const { counters, sink } = this.#parts
    const source = words[offset + entry.linkAndSource]! & 0xffff
    const batch = sink.batchOf(source)
    const row = batch.length
    let rttMicros = Math.round(rttNanos / 1000)
    let flags = 0
    let present = handshakePresent.client | handshakePresent.hops
    if (state0 & state.hasAccept) {
      const acceptMicros = words[offset + entry.acceptMicros]!
      if (isClientSide(rttNanos, acceptMicros)) {
        flags |= handshakeFlag.client_side
        counters.client_side++
        rttMicros = acceptMicros
      } else {
        present |= handshakePresent.accept
        batch.acceptMicros[row] = acceptMicros
      }
    }
    if (this.#isAmbiguous) {
      flags |= handshakeFlag.ambiguous
      counters.ambiguous++
    }
    if (ack.payloadBytes > 0) {
      flags |= handshakeFlag.ack_with_data
      counters.ack_with_data++
    }
    if (state0 & state.synMissing) {
      flags |= handshakeFlag.syn_missing
      counters.syn_missing++
    }
    if (state0 & state.fastOpen) {
      flags |= handshakeFlag.fast_open
      counters.fast_open++
    }
    counters.handshakes++
    batch.timeMicros[row] = synackMicros(ack, rttNanos)
    batch.rttMicros[row] = rttMicros
    batch.synackRetransmissions[row] = (state0 >>> retransmissionShift) & 0xff
    batch.flags[row] = flags
    batch.present[row] = present | this.#writeLinks(batch, row, offset, ack)
    this.#writeEndpoints(batch, row, offset, state0, ack.ttl)
    batch.length = row + 1
    if (batch.length === batch.capacity) sink.full(source)
  }

  #writeLinks(batch: HandshakeBatch, row: number, offset: number, ack: Segment): number {
    const { links, pending } = this.#parts
    if (!links) return 0
    let present = 0
    const ingress = links.indexOf(ack, true)
    if (ingress >= 0) {
      batch.ingress[row] = ingress
      present |= handshakePresent.ingress
    }
    const egress = pending.words[offset + entry.linkAndSource]! >>> 16
    if (egress > 0) {
      batch.egress[row] = egress - 1
      present |= handshakePresent.egress
    }
    batch.links = links.links
    return present
  }

  #writeEndpoints(
    batch: HandshakeBatch,
    row: number,
    offset: number,
    flags: number,
    ttl: number,
  ): void {
    const { words } = this.#parts.pending
    const isIpv6 = (flags & state.ipv6) !== 0
    const at = row * addressBytes
    writeAddressBytes(batch.client, at, words, offset + entry.client, isIpv6)
    writeAddressBytes(batch.server, at, words, offset + entry.server, isIpv6)
    const kept = prefixBytes(batch.client, at)
    batch.prefix.fill(0, at + kept, at + addressBytes)
    for (let index = 0; index < kept; index++) batch.prefix[at + index] = batch.client[at + index]!
    const ports = words[offset + entry.ports]!
    batch.clientPort[row] = ports >>> 16
    batch.serverPort[row] = ports & 0xffff
    batch.hops[row] = hopsOf(ttl)
  }
}

function isClientSide(rttNanos: number, acceptMicros: number): boolean {
  return (
    acceptMicros * 1000 <= rttNanosMax &&
    rttNanos < clientSideRttNanosMax &&
    acceptMicros > clientSideAcceptMicrosMin &&
    acceptMicros * 1000 > rttNanos * clientSideRatioMin
  )
}

/** Packet time of the answered SYN-ACK in whole microseconds, rounded down. */
function synackMicros(ack: Segment, rttNanos: number): number {
  // The nanoseconds of a day in 2026 do not fit 2⁵³: subtract within the second first.
  const nanos = ack.nanoseconds - rttNanos
  return ack.seconds * 1e6 + Math.floor(nanos / 1000)
}

/** Routers passed: the smallest usual initial TTL not below `ttl`, minus `ttl`. */
function hopsOf(ttl: number): number {
  if (ttl <= 32) return 32 - ttl
  if (ttl <= 64) return 64 - ttl
  if (ttl <= 128) return 128 - ttl
  return 255 - ttl
}

function writeAddressBytes(
  bytes: Uint8Array,
  at: number,
  words: Int32Array,
  word: number,
  isIpv6: boolean,
): void {
  let from = at
  if (!isIpv6) {
    bytes.fill(0, at, at + 10)
    bytes[at + 10] = 0xff
    bytes[at + 11] = 0xff
    from = at + 12
  }
  const count = isIpv6 ? 4 : 1
  for (let index = 0; index < count; index++) {
    const value = words[word + index]!
    bytes[from + index * 4] = value >>> 24
    bytes[from + index * 4 + 1] = value >>> 16
    bytes[from + index * 4 + 2] = value >>> 8
    bytes[from + index * 4 + 3] = value
  }
}
