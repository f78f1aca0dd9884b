import { control, readTcpOptions, type Segment, TcpOptions } from '@goldpan/packet'
import { ConnectionKey } from './connection-key.ts'
import { nanosSince } from './connection-ring.ts'
import { HandshakeCompleter, type HandshakeSink } from './handshake-completer.ts'
import { createHandshakeCounters, type HandshakeCounters } from './handshake-counters.ts'
import { LinkTable } from './link-table.ts'
import { MiddleSynackTimes } from './middle-synack-times.ts'
import { OpeningTable } from './opening-table.ts'
import { fingerprintOf } from './packet-fingerprint.ts'
import {
  createPendingTable,
  entry,
  type PendingTable,
  retransmissionShift,
  state,
} from './pending-table.ts'
import { ServerTable, serverCounter } from './server-table.ts'
import { UnfinishedClients } from './unfinished-clients.ts'

export interface HandshakeTrackerOptions {
  /** Server ports, such as 53 and 853. */
  readonly ports: readonly number[]
  readonly sink: HandshakeSink
  /** Bound on pending and remembered handshakes; default 2²¹ (145 MB when full). */
  readonly pendingMax?: number
  /** Whether to tell the neighbours that ACKs came from and SYN-ACKs went to. */
  readonly withLinks?: boolean
}

export const pendingMaxDefault = 2 ** 21
/** A copy of a packet within this time is a mirror port's. */
const duplicateNanosMax = 5e6
/** A SYN with the number of one this old is a new connection's. */
const openingNanosMax = 60e9
/** Data that a Fast Open server may have sent before the first ACK. */
const fastOpenBytesMax = 65_536

/**
 * Finds handshakes in segments: the SYN-ACK → ACK completions of one capture point.
 *
 * The rules are those of docs/reference/handshake-rules.md, one method a packet kind. Packet times
 * alone count; state is bounded and lives on across the files of one site.
 */
export class HandshakeTracker {
  readonly counters: HandshakeCounters = createHandshakeCounters()
  readonly servers = new ServerTable()
  readonly links = new LinkTable()
  /** Number of the file that segments come from now; a handshake belongs to its SYN-ACK's. */
  source = 0
  readonly #isServerPort = new Uint8Array(65_536)
  readonly #withLinks: boolean
  readonly #key = new ConnectionKey()
  readonly #options = new TcpOptions()
  readonly #unfinished = new UnfinishedClients()
  readonly #pending: PendingTable
  readonly #openings: OpeningTable
  readonly #middles = new MiddleSynackTimes()
  readonly #completer: HandshakeCompleter
  #atEnd = false

  constructor(options: HandshakeTrackerOptions) {
    for (const port of options.ports) this.#isServerPort[port] = 1
    this.#withLinks = options.withLinks ?? false
    this.#pending = createPendingTable(options.pendingMax ?? pendingMaxDefault, (offset, evicted) =>
      this.#lose(offset, evicted),
    )
    this.#completer = new HandshakeCompleter({
      pending: this.#pending,
      middles: this.#middles,
      unfinished: this.#unfinished,
      counters: this.counters,
      servers: this.servers,
      links: options.withLinks ? this.links : undefined,
      sink: options.sink,
    })
    this.#openings = new OpeningTable(this.#unfinished, (server) =>
      this.servers.count(server, serverCounter.synWithoutSynack),
    )
  }

  /** Pending and remembered handshakes now. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * False for the ACKs of a client (see {@link ConnectionKey}) that {@link observe} would pass
   * over, as nearly all of a connection are: no handshake of this client's is unfinished.
   */
  mayConcern(client: number, ports: number): boolean {
    return this.#unfinished.mayHave(client, ports)
  }

  /** Looks at one TCP segment; anything but a handshake's is passed over at once. */
  observe(segment: Segment): void {
    const bits = segment.control & (control.syn | control.ack | control.rst | control.fin)
    if (bits === control.ack) {
      if (this.#isServerPort[segment.destinationPort]) this.#observeAck(segment)
    } else if (bits === (control.syn | control.ack)) {
      if (this.#isServerPort[segment.sourcePort]) this.#observeSynack(segment)
    } else if (bits === control.syn) {
      if (this.#isServerPort[segment.destinationPort]) this.#observeSyn(segment)
    } else if (bits & control.rst) {
      this.#observeReset(segment)
    }
  }

  /** Ends the input: what still waits is counted. */
  finish(): void {
    this.#atEnd = true
    this.#pending.clear()
    this.#openings.finish()
    this.counters.syn_evicted = this.#openings.evicted
    this.#atEnd = false
  }

  #observeSyn(segment: Segment): void {
    this.counters.syns++
    const key = this.#key
    key.readFromClient(segment)
    const number = (segment.sequence + 1) | 0
    const fingerprint = fingerprintOf(segment)
    this.#openings.expire(segment.seconds | 0)
    const known = this.#openings.find(number, key)
    if (known >= 0) {
      const isNew = this.#openings.nanosUntil(known, segment) > openingNanosMax
      if (!isNew) return this.#repeatSyn(known, segment, fingerprint)
      this.#openings.forget(known)
    }
    const serverIndex = this.servers.indexOf(segment, segment.destinationOffset)
    this.servers.count(serverIndex, serverCounter.syns)
    const slot = this.#openings.add(number, key, segment, serverIndex)
    this.#openings.setFingerprint(slot, fingerprint)
    readTcpOptions(segment, this.#options)
    if (this.#options.fastOpen || segment.payloadBytes > 0) this.#openings.markFastOpen(slot)
    if (segment.payloadBytes > 0) {
      // The SYN-ACK may acknowledge the data too (RFC 7413 §4.2.1).
      const accepted = (number + segment.payloadBytes) | 0
      const second = this.#openings.addSecond(accepted, key, segment)
      this.#openings.setFingerprint(second, fingerprint)
      this.#openings.markFastOpen(second)
    }
  }

  #repeatSyn(slot: number, segment: Segment, fingerprint: number): void {
    const isCopy =
      this.#openings.fingerprint(slot) === fingerprint &&
      Math.abs(this.#openings.nanosUntil(slot, segment)) <= duplicateNanosMax
    if (isCopy) this.counters.duplicates++
    else if (!this.#openings.isAnswered(slot)) this.#openings.setTime(slot, segment)
  }

  #observeSynack(segment: Segment): void {
    const key = this.#key
    key.readFromServer(segment)
    const expected = (segment.sequence + 1) | 0
    // A number that comes back after the age is a new connection's.
    this.#pending.expire(segment.seconds | 0)
    const offset = this.#pending.find(expected, key)
    if (offset >= 0) this.#repeatSynack(offset, segment)
    else this.#openPending(segment, expected)
  }

  #repeatSynack(offset: number, segment: Segment): void {
    const { words } = this.#pending
    const flags = words[offset + entry.state]!
    if (flags & state.done) return
    const isCopy =
      words[offset + entry.fingerprint] === fingerprintOf(segment) &&
      Math.abs(nanosSince(words, offset + entry.lastSeconds, segment)) <= duplicateNanosMax
    if (isCopy) {
      this.counters.duplicates++
      return
    }
    this.counters.synack_retransmissions++
    readTcpOptions(segment, this.#options)
    const retransmissions = flags >>> retransmissionShift
    let nextFlags = flags
    // The ACK echoes an older SYN-ACK's TSval where the last had none: it tells nothing then.
    if (!this.#options.hasTimestamps) nextFlags &= ~state.hasTimestamps
    if (retransmissions > 0) {
      nextFlags |= state.hasMiddle
      this.#middles.add(
        this.#pending.sequenceAt(offset),
        words[offset + entry.lastSeconds]!,
        words[offset + entry.lastNanos]!,
        words[offset + entry.lastTsVal]!,
      )
    }
    words[offset + entry.lastSeconds] = segment.seconds | 0
    words[offset + entry.lastNanos] = segment.nanoseconds
    words[offset + entry.lastTsVal] = this.#options.tsVal
    words[offset + entry.fingerprint] = fingerprintOf(segment)
    if (retransmissions < 255) nextFlags += 1 << retransmissionShift
    words[offset + entry.state] = nextFlags
  }

  #openPending(segment: Segment, expected: number): void {
    const key = this.#key
    this.counters.synacks++
    const serverIndex = this.servers.indexOf(segment, segment.sourceOffset)
    this.servers.count(serverIndex, serverCounter.synacks)
    readTcpOptions(segment, this.#options)
    const offset = this.#pending.add(expected, key, segment.seconds | 0)
    this.#unfinished.add(key.client, key.ports)
    const { words } = this.#pending
    words[offset + entry.firstNanos] = segment.nanoseconds
    words[offset + entry.lastSeconds] = segment.seconds | 0
    words[offset + entry.lastNanos] = segment.nanoseconds
    words[offset + entry.firstTsVal] = this.#options.tsVal
    words[offset + entry.lastTsVal] = this.#options.tsVal
    words[offset + entry.fingerprint] = fingerprintOf(segment)
    words[offset + entry.serverIndex] = serverIndex
    const link = this.#withLinks ? this.links.indexOf(segment, false) + 1 : 0
    words[offset + entry.linkAndSource] = (link << 16) | (this.source & 0xffff)
    const flags = this.#options.hasTimestamps ? state.hasTimestamps : 0
    words[offset + entry.state]! |= flags | this.#answerSyn(segment, offset, serverIndex)
  }

  /** Links the SYN to the pending handshake that answers it; returns the state bits it adds. */
  #answerSyn(segment: Segment, offset: number, serverIndex: number): number {
    const key = this.#key
    const number = segment.acknowledgment
    let slot = this.#openings.find(number, key)
    let flags = 0
    if (slot < 0) {
      this.servers.count(serverIndex, serverCounter.synackWithoutSyn)
      flags = state.synMissing
      slot = this.#openings.add(number, key, segment, serverIndex)
    } else if (this.#openings.isAnswered(slot)) {
      // Another SYN-ACK to the same SYN: its delay is known no better than the first one's.
      flags = state.synMissing
    } else {
      const nanos = this.#openings.nanosUntil(slot, segment)
      if (nanos >= 0 && nanos <= openingNanosMax) {
        flags = state.hasAccept
        this.#pending.words[offset + entry.acceptMicros] = Math.round(nanos / 1000)
      }
      if (this.#openings.isFastOpen(slot)) flags |= state.fastOpen
    }
    this.#openings.answer(slot, this.#pending.newest)
    return flags
  }

  #observeAck(segment: Segment): void {
    const key = this.#key
    key.readFromClient(segment)
    const offset = this.#pending.find(segment.acknowledgment, key)
    if (offset >= 0) {
      this.#completer.complete(offset, segment, false)
      return
    }
    const slot = this.#openings.find(segment.sequence, key)
    if (slot >= 0) this.#observeOtherAck(slot, segment)
  }

  /** An ACK of an opening client whose number no pending handshake expects. */
  #observeOtherAck(slot: number, segment: Segment): void {
    if (!this.#openings.isAnswered(slot)) {
      if (!this.#openings.acknowledge(slot)) return
      this.servers.count(
        this.servers.indexOf(segment, segment.destinationOffset),
        serverCounter.synThenAckWithoutSynack,
      )
      return
    }
    const sequence = this.#openings.pendingOf(slot)
    if (!this.#pending.has(sequence)) return
    const offset = this.#pending.offsetOf(sequence)
    const flags = this.#pending.words[offset + entry.state]!
    if (flags & state.done) return
    const beyond = (segment.acknowledgment - this.#pending.words[offset + entry.expected]!) >>> 0
    if (beyond <= fastOpenBytesMax && flags & state.fastOpen) {
      this.#completer.complete(offset, segment, true)
    } else {
      this.counters.wrong_ack++
    }
  }

  #observeReset(segment: Segment): void {
    // Between two server ports either end may be the client.
    if (this.#isServerPort[segment.sourcePort]) {
      this.#key.readFromServer(segment)
      if (this.#reset(segment.sequence, segment.acknowledgment)) return
    }
    if (this.#isServerPort[segment.destinationPort]) {
      this.#key.readFromClient(segment)
      this.#reset(segment.acknowledgment, segment.sequence)
    }
  }

  /** Ends the handshake of the key that one of the numbers fits; without ACK one of them is 0. */
  #reset(serverNumber: number, clientNumber: number): boolean {
    const key = this.#key
    let offset = this.#pending.find(serverNumber, key)
    if (offset < 0 || !this.#isWaiting(offset)) offset = this.#answerTo(clientNumber)
    if (offset < 0 || !this.#isWaiting(offset)) return false
    this.#pending.words[offset + entry.state]! |= state.done
    this.#unfinished.remove(key.client, key.ports)
    this.counters.reset++
    return true
  }

  #isWaiting(offset: number): boolean {
    return (this.#pending.words[offset + entry.state]! & state.done) === 0
  }

  /** Offset of the handshake that answered the SYN before the client’s `clientNumber`, or −1. */
  #answerTo(clientNumber: number): number {
    const slot = this.#openings.find(clientNumber, this.#key)
    if (slot < 0 || !this.#openings.isAnswered(slot)) return -1
    const sequence = this.#openings.pendingOf(slot)
    return this.#pending.has(sequence) ? this.#pending.offsetOf(sequence) : -1
  }

  #lose(offset: number, evicted: boolean): void {
    const { words } = this.#pending
    this.#unfinished.remove(words[offset + entry.client]!, words[offset + entry.ports]!)
    if (this.#atEnd) this.counters.pending_at_end++
    else if (evicted) this.counters.pending_evicted++
    else this.counters.expired++
    this.servers.count(words[offset + entry.serverIndex]!, serverCounter.synackWithoutAck)
  }
}
