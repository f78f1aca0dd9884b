import {
  control,
  decodeSegment,
  handshakeBits,
  int32,
  linkType as link,
  networkOffset,
  outcome,
  type PacketSink,
  protocol,
  recordBytesMax,
  recordHeaderBytes,
  Segment,
} from '@goldpan/packet'
import { addressKey } from './connection-key.ts'
import type { HandshakeTracker } from './handshake-tracker.ts'

/** Bytes of a TCP header up to its control bits. */
const controlOffset = 13
/** Bytes of a TCP header that {@link HandshakePackets} looks at. */
const tcpBytes = controlOffset + 1
/**
 * Bytes walked in one call: V8 puts faster code in place at the next call, and would compile a loop
 * that goes on for longer a second time.
 */
const stretchBytes = 16_384
/** Ethernet, IPv4 and what is looked at of TCP before a segment is decoded. */
const frameBytesMin = 48
/** A tag and as much behind it. */
const taggedBytes = 38
/** 802.1Q, 802.1ad and old QinQ, by the ethertype. */
const isTag = new Uint8Array(65_536)
for (const etherType of [0x8100, 0x88a8, 0x9100]) isTag[etherType] = 1
const ipv4HeaderBytes = 20
const ipv4SourceOffset = 12
const ipv6HeaderBytes = 40
const ipv6SourceOffset = 8

/**
 * Shows the tracker every segment that a handshake may need.
 *
 * Most packets of a name server are datagrams, answers and the ends of connections: a look at four
 * bytes tells, before anything is decoded (bench/extraction.ts).
 */
export class HandshakePackets implements PacketSink {
  readonly #tracker: HandshakeTracker
  readonly #isServerPort = new Uint8Array(65_536)
  readonly #segment = new Segment()

  constructor(tracker: HandshakeTracker, ports: readonly number[]) {
    this.#tracker = tracker
    for (const port of ports) this.#isServerPort[port] = 1
  }

  packet(
    buffer: Uint8Array,
    start: number,
    captured: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const end = start + captured
    const network = networkOffset(buffer, start, end, linkType)
    if (network >= 0 && this.#isNone(buffer, network, end)) return
    this.#observe(buffer, start, captured, linkType, seconds, nanoseconds)
  }

  /** {@link packet} and the record's header in one loop, with no call for most packets. */
  walkEthernet(b: Uint8Array, begin: number, end: number, unitNanos: number): number {
    let at = begin
    for (;;) {
      const stretchEnd = at + stretchBytes
      at = this.#walkStretch(b, at, stretchEnd, end, unitNanos)
      if (at < stretchEnd) return at
    }
  }

  /** Walks the records that begin before `stretchEnd`; returns where it ended. */
  #walkStretch(
    b: Uint8Array,
    begin: number,
    stretchEnd: number,
    end: number,
    unitNanos: number,
  ): number {
    let at = begin
    while (at < stretchEnd && at + recordHeaderBytes <= end) {
      const captured = b[at + 8]! | (b[at + 9]! << 8) | (b[at + 10]! << 16) | (b[at + 11]! << 24)
      // What makes no sense, or is not whole yet, is the parser's.
      if (captured < 0 || captured > recordBytesMax) return at
      const frame = at + recordHeaderBytes
      const next = frame + captured
      if (next > end) return at
      let network = frame + 14
      let transport = network
      let isTcp = false
      if (captured >= frameBytesMin) {
        let etherType = (b[frame + 12]! << 8) | b[frame + 13]!
        // One place reads the type behind any tag: code that never ran would be compiled twice.
        while (isTag[etherType] === 1 && network + taggedBytes <= next) {
          etherType = (b[network + 2]! << 8) | b[network + 3]!
          network += 4
        }
        transport = network
        if (etherType === 0x0800 && b[network] === 0x45) {
          if (b[network + 9] !== protocol.tcp) {
            at = next
            continue
          }
          transport = network + ipv4HeaderBytes
        } else if (etherType === 0x86dd && b[network]! >> 4 === 6) {
          const carried = b[network + 6]!
          if (carried === protocol.udp) {
            at = next
            continue
          }
          if (carried === protocol.tcp) transport = network + ipv6HeaderBytes
        }
        if (transport !== network && transport + tcpBytes <= next) {
          const bits = b[transport + controlOffset]! & handshakeBits
          if (bits === control.ack) {
            if (this.#isOtherAck(b, network, transport)) {
              at = next
              continue
            }
          } else if ((bits & (control.syn | control.rst)) === 0) {
            at = next
            continue
          }
          isTcp = true
        }
      }
      const seconds = b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)
      const unit = b[at + 4]! | (b[at + 5]! << 8) | (b[at + 6]! << 16) | (b[at + 7]! << 24)
      const nanoseconds = unit * unitNanos
      const isUsual = isTcp && this.#fill(b, frame, network, transport, next)
      if (isUsual) this.#show(seconds >>> 0, nanoseconds)
      else this.#observe(b, frame, captured, link.ethernet, seconds >>> 0, nanoseconds)
      at = next
    }
    return at
  }

  #observe(
    buffer: Uint8Array,
    start: number,
    captured: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const kind = decodeSegment(this.#segment, buffer, start, captured, linkType)
    if (kind === outcome.tcp) this.#show(seconds, nanoseconds)
  }

  #show(seconds: number, nanoseconds: number): void {
    const segment = this.#segment
    segment.seconds = seconds
    segment.nanoseconds = nanoseconds
    this.#tracker.observe(segment)
  }

  /** Decodes a usual TCP packet of Ethernet from what the walk knows; false where it is unusual. */
  #fill(b: Uint8Array, frame: number, network: number, transport: number, end: number): boolean {
    const segment = this.#segment
    let transportBytes = 0
    if (transport - network === ipv4HeaderBytes) {
      // A fragment, or a length that segmentation offload left out.
      if (((b[network + 6]! & 0x1f) | b[network + 7]!) !== 0) return false
      const totalBytes = (b[network + 2]! << 8) | b[network + 3]!
      if (totalBytes === 0) return false
      transportBytes = totalBytes - ipv4HeaderBytes
      segment.family = 4
      segment.sourceOffset = network + ipv4SourceOffset
      segment.destinationOffset = network + 16
      segment.ttl = b[network + 8]!
      segment.ipId = (b[network + 4]! << 8) | b[network + 5]!
    } else {
      transportBytes = (b[network + 4]! << 8) | b[network + 5]!
      // The address may be an IPv4-mapped one.
      if (transportBytes === 0 || b[network + ipv6SourceOffset] === 0) return false
      segment.family = 6
      segment.sourceOffset = network + ipv6SourceOffset
      segment.destinationOffset = network + 24
      segment.ttl = b[network + 7]!
      segment.ipId = 0
    }
    const headerBytes = (b[transport + 12]! >> 4) << 2
    if (headerBytes < 20 || headerBytes > transportBytes) return false
    segment.buffer = b
    segment.frameStart = frame
    segment.linkType = link.ethernet
    segment.end = end
    segment.transportOffset = transport
    segment.sourcePort = (b[transport]! << 8) | b[transport + 1]!
    segment.destinationPort = (b[transport + 2]! << 8) | b[transport + 3]!
    segment.sequence = int32(b, transport + 4)
    segment.acknowledgment = int32(b, transport + 8)
    segment.control = b[transport + controlOffset]!
    segment.headerBytes = headerBytes
    segment.payloadBytes = transportBytes - headerBytes
    return true
  }

  /** Whether the packet at `network` can be no part of a handshake; false where that is unsure. */
  #isNone(buffer: Uint8Array, network: number, end: number): boolean {
    if (network + ipv4HeaderBytes + tcpBytes > end) return false
    const first = buffer[network]!
    if (first === 0x45) {
      const carried = buffer[network + 9]!
      return carried !== protocol.tcp || this.#isOther(buffer, network, network + ipv4HeaderBytes)
    }
    if (first >> 4 !== 6) return false
    const carried = buffer[network + 6]!
    if (carried !== protocol.tcp) return carried === protocol.udp
    const transport = network + ipv6HeaderBytes
    return transport + tcpBytes <= end && this.#isOther(buffer, network, transport)
  }

  /** Whether the tracker would pass over the TCP header at `transport`. */
  #isOther(buffer: Uint8Array, network: number, transport: number): boolean {
    const bits = buffer[transport + controlOffset]! & handshakeBits
    if (bits !== control.ack) return (bits & (control.syn | control.rst)) === 0
    return this.#isOtherAck(buffer, network, transport)
  }

  /** Whether no unfinished handshake waits for this ACK. */
  #isOtherAck(b: Uint8Array, network: number, transport: number): boolean {
    const ports = int32(b, transport)
    if (this.#isServerPort[ports & 0xffff] === 0) return true
    if (transport - network === ipv4HeaderBytes) {
      return !this.#tracker.mayConcern(int32(b, network + ipv4SourceOffset), ports)
    }
    const source = network + ipv6SourceOffset
    // The address may be an IPv4-mapped one, which has another key.
    return b[source] !== 0 && !this.#tracker.mayConcern(addressKey(b, source, 6), ports)
  }
}
