import type { Segment } from '@goldpan/packet'

/** Tells a copy of a packet from a retransmission: IP identification and TCP checksum. */
export function fingerprintOf(segment: Segment): number {
  const { buffer, transportOffset, end } = segment
  const checksum =
    transportOffset + 18 <= end
      ? (buffer[transportOffset + 16]! << 8) | buffer[transportOffset + 17]!
      : 0
  return (segment.ipId << 16) | checksum
}
