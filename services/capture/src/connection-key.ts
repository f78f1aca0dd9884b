import { int32, type Segment } from '@goldpan/packet'

/** The two ends of a connection as words: what tables look up and compare. One is reused. */
export class ConnectionKey {
  /** Client port in the upper half, server port in the lower. */
  ports = 0
  client = 0
  server = 0
  /** 4 or 6. */
  family = 4

  /** The connection of a segment that the client sent. */
  readFromClient(segment: Segment): void {
    const { buffer, family } = segment
    this.ports = (segment.sourcePort << 16) | segment.destinationPort
    this.client = addressKey(buffer, segment.sourceOffset, family)
    this.server = addressKey(buffer, segment.destinationOffset, family)
    this.family = family
  }

  /** The connection of a segment that the server sent. */
  readFromServer(segment: Segment): void {
    const { buffer, family } = segment
    this.ports = (segment.destinationPort << 16) | segment.sourcePort
    this.client = addressKey(buffer, segment.destinationOffset, family)
    this.server = addressKey(buffer, segment.sourceOffset, family)
    this.family = family
  }
}

/**
 * The address at `offset` of a packet as one word: of IPv4 the address, of IPv6 32 bits that
 * stand for it beside a port and a TCP number that nobody can choose for another.
 */
export function addressKey(buffer: Uint8Array, offset: number, family: number): number {
  const first = int32(buffer, offset)
  if (family !== 6) return first
  let key = Math.imul(first, 0x9e37_79b1) ^ int32(buffer, offset + 4)
  key = Math.imul(key ^ (key >>> 15), 0x85eb_ca6b) ^ int32(buffer, offset + 8)
  key = Math.imul(key ^ (key >>> 13), 0xc2b2_ae35) ^ int32(buffer, offset + 12)
  return Math.imul(key ^ (key >>> 16), 0x27d4_eb2f)
}
