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

/** Writes the address at `offset` of the packet to `words`: one word, or four. */
export function writeAddress(
  words: Int32Array,
  at: number,
  segment: Segment,
  offset: number,
): void {
  const addressWords = segment.family === 6 ? 4 : 1
  for (let word = 0; word < addressWords; word++) {
    words[at + word] = int32(segment.buffer, offset + word * 4)
  }
}
