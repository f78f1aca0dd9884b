/**
 * One observed SYN-ACK → ACK completion, in columns.
 *
 * Columns, because a busy site completes thousands a second and nothing on the way from the
 * packet to the warehouse needs one object per handshake.
 */

/** What is special about a handshake; bits of {@link HandshakeBatch.flags}. */
export const handshakeFlag = {
  /** It is unknown which SYN-ACK the ACK answers: listed, never aggregated. */
  ambiguous: 1,
  /** The completing segment carried data: think time may be in the RTT. */
  ack_with_data: 2,
  /** The SYN was not seen: no accept delay. */
  syn_missing: 4,
  /** Captured at the client: the RTT is SYN → SYN-ACK; never aggregated. */
  client_side: 8,
  /** TCP Fast Open (RFC 7413): the SYN carried data or a cookie. */
  fast_open: 16,
} as const

export type HandshakeFlag = keyof typeof handshakeFlag

/** The flags of a handshake in the order in which they are printed. */
export const handshakeFlagNames = Object.keys(handshakeFlag) as readonly HandshakeFlag[]

/** Space-separated names of the set flags, as in the CSV column `flags`. */
export function formatHandshakeFlags(flags: number): string {
  return handshakeFlagNames.filter((name) => flags & handshakeFlag[name]).join(' ')
}

/** Which optional columns of a row hold a value; bits of {@link HandshakeBatch.present}. */
export const handshakePresent = {
  accept: 1,
  hops: 2,
  client: 4,
  ingress: 8,
  egress: 16,
} as const

/** Addresses are 16 bytes everywhere, IPv4 mapped (RFC 4291 §2.5.5.2). */
export const addressBytes = 16

export interface HandshakeBatch {
  readonly capacity: number
  length: number
  /** Packet time of the SYN-ACK that the ACK answers, whole microseconds since 1970. */
  readonly timeMicros: Float64Array
  /** 16 bytes a row; all zero where `handshakePresent.client` is not set. */
  readonly client: Uint8Array
  readonly clientPort: Uint16Array
  /** 16 bytes a row: the client's /24 or /48, always there. */
  readonly prefix: Uint8Array
  readonly server: Uint8Array
  readonly serverPort: Uint16Array
  readonly rttMicros: Uint32Array
  readonly acceptMicros: Uint32Array
  readonly hops: Uint8Array
  readonly synackRetransmissions: Uint8Array
  readonly flags: Uint8Array
  readonly present: Uint8Array
  /** Index into `links`: VLAN and neighbour MAC of the ACK. */
  readonly ingress: Uint16Array
  /** Index into `links`: VLAN and neighbour MAC of the SYN-ACK. */
  readonly egress: Uint16Array
  /** Dictionary of `ingress` and `egress`, as `vlan/mac` (`-/00:11:22:33:44:55` without VLAN). */
  links: string[]
}

/** An empty batch with room for `capacity` handshakes. */
export function createHandshakeBatch(capacity: number): HandshakeBatch {
  return {
    capacity,
    length: 0,
    timeMicros: new Float64Array(capacity),
    client: new Uint8Array(capacity * addressBytes),
    clientPort: new Uint16Array(capacity),
    prefix: new Uint8Array(capacity * addressBytes),
    server: new Uint8Array(capacity * addressBytes),
    serverPort: new Uint16Array(capacity),
    rttMicros: new Uint32Array(capacity),
    acceptMicros: new Uint32Array(capacity),
    hops: new Uint8Array(capacity),
    synackRetransmissions: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    present: new Uint8Array(capacity),
    ingress: new Uint16Array(capacity),
    egress: new Uint16Array(capacity),
    links: [],
  }
}
