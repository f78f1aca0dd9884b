import { int32, type Segment } from '@goldpan/packet'

/** Tells a copy of a packet from a retransmission: IP identification and TCP checksum. */
export function fingerprintOf(segment: Segment): number {
  const { buffer, transportOffset, end } = segment
  const checksum =
    transportOffset + 18 <= end
      ? (buffer[transportOffset + 16]! << 8) | buffer[transportOffset + 17]!
      : 0
  return (segment.ipId << 16) | checksum
}

/**
 * The address at `offset` of the packet as one word: of IPv4 the address, of IPv6 32 bits that
 * stand for it beside a port and a TCP number that nobody can choose for another.
 */
export function addressKey(segment: Segment, offset: number): number {
  const { buffer } = segment
  const first = int32(buffer, offset)
  if (segment.family !== 6) return first
  let key = Math.imul(first, 0x9e37_79b1) ^ int32(buffer, offset + 4)
  key = Math.imul(key ^ (key >>> 15), 0x85eb_ca6b) ^ int32(buffer, offset + 8)
  key = Math.imul(key ^ (key >>> 13), 0xc2b2_ae35) ^ int32(buffer, offset + 12)
  return Math.imul(key ^ (key >>> 16), 0x27d4_eb2f)
}
