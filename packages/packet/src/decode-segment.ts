import { networkOffset } from './decode-frame.ts'
import { outcome, protocol, type Segment } from './segment.ts'

/**
 * Decodes one frame into `segment`, headers only, and says what it was (see {@link outcome}).
 *
 * Never reads beyond `captured` bytes, never allocates. Addresses stay in the buffer, the segment
 * has their offsets. For `udp` the TCP fields are left as they were.
 */
export function decodeSegment(
  segment: Segment,
  buffer: Uint8Array,
  start: number,
  captured: number,
  type: number,
): number {
  const end = start + captured
  const network = networkOffset(buffer, start, end, type)
  if (network < 0) return captured < 14 ? outcome.truncated : outcome.other
  if (network + 20 > end) return outcome.truncated
  segment.buffer = buffer
  segment.frameStart = start
  segment.linkType = type
  segment.end = end
  const version = buffer[network]! >> 4
  if (version === 4) return decodeIpv4(segment, buffer, network, end)
  if (version === 6) return decodeIpv6(segment, buffer, network, end)
  return outcome.other
}

/** A length that the IP header does not say; far below what extension headers take away. */
const lengthUnknown = -(2 ** 30)

/** RFC 791 §3.1. */
function decodeIpv4(segment: Segment, buffer: Uint8Array, network: number, end: number): number {
  const carried = buffer[network + 9]!
  if (carried !== protocol.tcp && carried !== protocol.udp) return outcome.other
  // Only the first fragment has a transport header.
  if (((buffer[network + 6]! << 8) | buffer[network + 7]!) & 0x1fff) return outcome.other
  const headerBytes = (buffer[network]! & 15) << 2
  if (headerBytes < 20) return outcome.malformed
  segment.family = 4
  segment.sourceOffset = network + 12
  segment.destinationOffset = network + 16
  segment.ttl = buffer[network + 8]!
  segment.ipId = (buffer[network + 4]! << 8) | buffer[network + 5]!
  const totalBytes = (buffer[network + 2]! << 8) | buffer[network + 3]!
  const transport = network + headerBytes
  // Segmentation offload leaves the length 0: then the capture is all there is to go by.
  const transportBytes = totalBytes === 0 ? lengthUnknown : totalBytes - headerBytes
  return decodeTransport(segment, buffer, transport, end, carried, transportBytes)
}

/** RFC 8200 §3 and §4: the fixed header, then extension headers up to TCP or UDP. */
function decodeIpv6(segment: Segment, buffer: Uint8Array, network: number, end: number): number {
  if (network + 40 > end) return outcome.truncated
  segment.family = 6
  segment.sourceOffset = network + 8
  segment.destinationOffset = network + 24
  segment.ttl = buffer[network + 7]!
  segment.ipId = 0
  if (
    buffer[network + 8] === 0 &&
    isMapped(buffer, network + 8) &&
    isMapped(buffer, network + 24)
  ) {
    segment.family = 4
    segment.sourceOffset += 12
    segment.destinationOffset += 12
  }
  const carried = buffer[network + 6]!
  const payloadBytes = (buffer[network + 4]! << 8) | buffer[network + 5]!
  const known = payloadBytes === 0 ? lengthUnknown : payloadBytes
  if (carried === protocol.tcp || carried === protocol.udp) {
    return decodeTransport(segment, buffer, network + 40, end, carried, known)
  }
  return decodeExtensions(segment, buffer, network + 40, end, carried, known)
}

function isMapped(buffer: Uint8Array, offset: number): boolean {
  for (let index = 0; index < 10; index++) if (buffer[offset + index] !== 0) return false
  return buffer[offset + 10] === 0xff && buffer[offset + 11] === 0xff
}

/** Extension headers in a row; more than this is an attack on the reader. */
const extensionHeadersMax = 16

function decodeExtensions(
  segment: Segment,
  buffer: Uint8Array,
  first: number,
  end: number,
  firstHeader: number,
  payloadBytes: number,
): number {
  let at = first
  let header = firstHeader
  for (let count = 0; count < extensionHeadersMax; count++) {
    if (header === protocol.tcp || header === protocol.udp) {
      return decodeTransport(segment, buffer, at, end, header, payloadBytes - (at - first))
    }
    if (at + 8 > end) return isExtension(header) ? outcome.truncated : outcome.other
    const bytes = extensionBytes(buffer, at, header)
    if (bytes === 0) return outcome.other
    header = buffer[at]!
    at += bytes
  }
  return outcome.malformed
}

const isExtension = (header: number): boolean =>
  header === 0 || header === 43 || header === 44 || header === 51 || header === 60

/** Length of an extension header, or 0 when what follows has no transport header for us. */
function extensionBytes(buffer: Uint8Array, at: number, header: number): number {
  switch (header) {
    case 0: // hop-by-hop options
    case 43: // routing
    case 60: // destination options
      return (buffer[at + 1]! + 1) << 3
    case 44: // fragment: only the first one goes on
      return ((buffer[at + 2]! << 8) | buffer[at + 3]!) & 0xfff8 ? 0 : 8
    case 51: // authentication (RFC 4302)
      return (buffer[at + 1]! + 2) << 2
    default:
      return 0
  }
}

function decodeTransport(
  segment: Segment,
  buffer: Uint8Array,
  transport: number,
  end: number,
  carried: number,
  transportBytes: number,
): number {
  if (transport + 8 > end) return outcome.truncated
  const isKnown = transportBytes > lengthUnknown / 2
  segment.transportOffset = transport
  segment.sourcePort = (buffer[transport]! << 8) | buffer[transport + 1]!
  segment.destinationPort = (buffer[transport + 2]! << 8) | buffer[transport + 3]!
  if (carried === protocol.udp) {
    segment.payloadBytes = (isKnown ? transportBytes : end - transport) - 8
    return outcome.udp
  }
  if (transport + 14 > end) return outcome.truncated
  const headerBytes = (buffer[transport + 12]! >> 4) << 2
  if (headerBytes < 20) return outcome.malformed
  segment.sequence = int32(buffer, transport + 4)
  segment.acknowledgment = int32(buffer, transport + 8)
  segment.control = buffer[transport + 13]!
  segment.headerBytes = headerBytes
  // A short snaplen may have cut the options: they are no payload less than none.
  segment.payloadBytes = isKnown
    ? transportBytes - headerBytes
    : Math.max(end - transport - headerBytes, 0)
  return segment.payloadBytes < 0 ? outcome.malformed : outcome.tcp
}

/** Four bytes in network order as int32. */
export function int32(buffer: Uint8Array, offset: number): number {
  return (
    (buffer[offset]! << 24) |
    (buffer[offset + 1]! << 16) |
    (buffer[offset + 2]! << 8) |
    buffer[offset + 3]!
  )
}
