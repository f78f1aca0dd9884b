import {
  control,
  decodeSegment,
  int32,
  networkOffset,
  outcome,
  type PacketSink,
  protocol,
  Segment,
} from '@goldpan/packet'
import type { HandshakeTracker } from './handshake-tracker.ts'

/** Bytes of a TCP header up to its control bits. */
const controlOffset = 13
/** Bytes of a TCP header that {@link HandshakePackets} looks at. */
const tcpBytes = controlOffset + 1
const ipv4HeaderBytes = 20
const ipv6HeaderBytes = 40
const handshakeBits = control.syn | control.ack | control.rst | control.fin

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
    const segment = this.#segment
    if (decodeSegment(segment, buffer, start, captured, linkType) !== outcome.tcp) return
    segment.seconds = seconds
    segment.nanoseconds = nanoseconds
    this.#tracker.observe(segment)
  }

  /** Whether the packet at `network` can be no part of a handshake; false where that is unsure. */
  #isNone(buffer: Uint8Array, network: number, end: number): boolean {
    if (network + ipv4HeaderBytes + tcpBytes > end) return false
    const first = buffer[network]!
    if (first === 0x45) {
      const carried = buffer[network + 9]!
      return carried !== protocol.tcp || this.#isOther(buffer, network + ipv4HeaderBytes)
    }
    if (first >> 4 !== 6) return false
    const carried = buffer[network + 6]!
    if (carried !== protocol.tcp) return carried === protocol.udp
    const transport = network + ipv6HeaderBytes
    return transport + tcpBytes <= end && this.#isOther(buffer, transport)
  }

  /** Whether the tracker would pass over the TCP header at `transport`. */
  #isOther(buffer: Uint8Array, transport: number): boolean {
    const bits = buffer[transport + controlOffset]! & handshakeBits
    if (bits !== control.ack) return (bits & (control.syn | control.rst)) === 0
    const ports = int32(buffer, transport)
    if (this.#isServerPort[ports & 0xffff] === 0) return true
    const sequence = int32(buffer, transport + 4)
    return !this.#tracker.mayConcern(int32(buffer, transport + 8), sequence, ports)
  }
}
