import { addressBytes, type HandshakeBatch, handshakeFlag, handshakePresent } from '@goldpan/core'
import { readTcpOptions, type Segment, TcpOptions } from '@goldpan/packet'
import { nanosSince } from './connection-ring.ts'
import type { HandshakeCounters } from './handshake-counters.ts'
import type { LinkTable } from './link-table.ts'
import type { MiddleSynackTimes } from './middle-synack-times.ts'
import { entry, type PendingTable, retransmissionShift, state } from './pending-table.ts'
import { type ServerTable, serverCounter } from './server-table.ts'
import type { UnfinishedClients } from './unfinished-clients.ts'

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
  readonly unfinished: UnfinishedClients
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
    const { pending, unfinished, counters, servers } = this.#parts
    const { words } = pending
    const flags = words[offset + entry.state]!
    if (flags & state.done) return
    words[offset + entry.state] = flags | state.done
    unfinished.remove(words[offset + entry.client]!, words[offset + entry.ports]!)
    this.#isAmbiguous = isAmbiguous
    const rttNanos = this.#rttNanos(offset, flags, ack)
    servers.count(words[offset + entry.serverIndex]!, serverCounter.completed)
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
    writeEndpoints(batch, row, ack)
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
}

/** The ends of the connection, from the ACK: its source is the client. */
function writeEndpoints(batch: HandshakeBatch, row: number, ack: Segment): void {
  const at = row * addressBytes
  writeAddress(batch.client, at, ack, ack.sourceOffset)
  writeAddress(batch.server, at, ack, ack.destinationOffset)
  const kept = ack.family === 6 ? 6 : 15
  for (let index = 0; index < addressBytes; index++) {
    batch.prefix[at + index] = index < kept ? batch.client[at + index]! : 0
  }
  batch.clientPort[row] = ack.sourcePort
  batch.serverPort[row] = ack.destinationPort
  batch.hops[row] = hopsOf(ack.ttl)
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

/** Writes the 16 bytes of an address, IPv4 mapped. */
function writeAddress(bytes: Uint8Array, at: number, segment: Segment, offset: number): void {
  const { buffer, family } = segment
  const lead = family === 6 ? 0 : 12
  for (let index = 0; index < lead; index++) bytes[at + index] = index < 10 ? 0 : 0xff
  for (let index = lead; index < addressBytes; index++) {
    bytes[at + index] = buffer[offset + index - lead]!
  }
}
