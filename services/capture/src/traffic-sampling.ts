import type { Segment } from '@goldpan/packet'

/**
 * Whether a datagram is among the one in `rate` that count, by the client's port and the DNS id:
 * the same choice that the kernel's filter makes.
 */
export function isSampled(segment: Segment, toServer: boolean, rate: number): boolean {
  const id = segment.transportOffset + 8
  if (rate === 0 || id + 2 > segment.end) return false
  const port = toServer ? segment.sourcePort : segment.destinationPort
  const { buffer } = segment
  return ((port + ((buffer[id]! << 8) | buffer[id + 1]!)) & (rate - 1)) === 0
}
