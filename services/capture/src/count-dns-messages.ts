import type { Segment } from '@goldpan/packet'

const headerBytes = 12
/** The length prefix and a header. */
const messageBytesMin = 2 + headerBytes
/** Highest opcode assigned: DSO (RFC 8490). */
const opcodeMax = 6

/**
 * DNS queries that start in a client's TCP segment (RFC 1035 §4.2.2), without following streams.
 *
 * A segment counts when its first byte starts a message: a length of at least a header and, as far
 * as it was captured, a header that a query can have. Messages behind it in the segment are found
 * by their length prefixes; those that the snaplen cut off are taken to be as long as the others.
 *
 * What this gets wrong: a segment that TCP sends again counts again, and a message that starts
 * behind the tail of another one in the same segment is missed. Both are rare where one query
 * fits a segment, which is nearly always.
 */
export function countDnsMessages(segment: Segment): number {
  const { buffer, end } = segment
  const payload = segment.transportOffset + segment.headerBytes
  const payloadEnd = payload + segment.payloadBytes
  let messages = 0
  let at = payload
  while (at + 2 <= payloadEnd && at + 2 <= end) {
    const length = (buffer[at]! << 8) | buffer[at + 1]!
    if (length < headerBytes || !isQueryHeader(buffer, at + 2, Math.min(end, payloadEnd))) {
      return messages
    }
    messages++
    at += 2 + length
  }
  // Cut by the snaplen before its first message: a segment with room for a query is taken for one.
  if (payload + 2 > end) return segment.payloadBytes >= messageBytesMin ? 1 : 0
  const unseenBytes = payloadEnd - at
  if (unseenBytes < messageBytesMin) return messages
  return messages + Math.max(Math.round((unseenBytes * messages) / (at - payload)), 1)
}

/** Whether the bytes at `at`, as far as there are any before `end`, can start a query. */
function isQueryHeader(buffer: Uint8Array, at: number, end: number): boolean {
  if (at + 6 > end) return true
  const flags = (buffer[at + 2]! << 8) | buffer[at + 3]!
  const isQuery = (flags & 0x8000) === 0 && ((flags >> 11) & 15) <= opcodeMax
  // No response code in a query, and at most one question (RFC 9619).
  return isQuery && (flags & 15) === 0 && buffer[at + 4] === 0 && buffer[at + 5]! <= 1
}
