/** What stands in one TCP segment or UDP datagram; one object is reused for every packet. */
export class Segment {
  /** Packet time: whole seconds since 1970. */
  seconds = 0
  /** Packet time: nanoseconds within the second. */
  nanoseconds = 0
  /** The bytes that all offsets point into; valid until the next packet. */
  buffer: Uint8Array = new Uint8Array(0)
  /** First byte of the frame. */
  frameStart = 0
  linkType = 0
  /** 4 or 6; an IPv4-mapped address over IPv6 counts as 4. */
  family = 4
  /** 4 bytes (family 4) or 16. */
  sourceOffset = 0
  destinationOffset = 0
  /** Time to live, or hop limit. */
  ttl = 0
  /** IPv4 identification; 0 for IPv6. */
  ipId = 0
  sourcePort = 0
  destinationPort = 0
  /** First byte of the TCP or UDP header. */
  transportOffset = 0
  /** First byte after the captured part of this packet. */
  end = 0
  /** Sequence number (int32). */
  sequence = 0
  /** Acknowledgment number (int32). */
  acknowledgment = 0
  /** The control bits (RFC 9293 §3.1), low byte. */
  control = 0
  /** Bytes of the TCP header, options included. */
  headerBytes = 0
  /** Bytes of payload by the IP length, not by what was captured. */
  payloadBytes = 0
}

/** TCP control bits (RFC 9293 §3.1). */
export const control = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const

/** Of these the bits say what a segment is to a handshake: RFC 9293 §3.5; ECN and PSH do not. */
export const handshakeBits = control.syn | control.ack | control.rst | control.fin

/** IANA protocol numbers. */
export const protocol = { tcp: 6, udp: 17 } as const

/** What became of a frame; small integers, so that counting them is an array index. */
export const outcome = {
  tcp: 0,
  udp: 1,
  /** Another protocol, another ethertype, or a later fragment. */
  other: 2,
  /** The capture is cut before the end of the headers. */
  truncated: 3,
  /** Headers that contradict themselves. */
  malformed: 4,
} as const
