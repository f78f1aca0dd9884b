import { ConnectionRing, ringState, ringWord } from './connection-ring.ts'

/**
 * The handshakes that wait for their ACK, and those completed in the last minute: a ring in order
 * of the first SYN-ACK, looked up by the number that the ACK must carry.
 */

/** Words of one entry in the words of a {@link PendingTable}. */
export const entry = {
  /** The number that the ACK must carry. */
  expected: ringWord.number,
  ports: ringWord.ports,
  state: ringWord.state,
  client: ringWord.client,
  firstSeconds: ringWord.addedSeconds,
  firstNanos: ringWord.own,
  lastSeconds: ringWord.own + 1,
  lastNanos: ringWord.own + 2,
  firstTsVal: ringWord.own + 3,
  lastTsVal: ringWord.own + 4,
  /** Microseconds, valid with {@link state.hasAccept}. */
  acceptMicros: ringWord.own + 5,
  /** Row of the server in the table of servers. */
  serverIndex: ringWord.own + 6,
  /** Egress link in the upper half, source (file) in the lower. */
  linkAndSource: ringWord.own + 7,
  /** IP identification and TCP checksum: tells a mirrored copy from a retransmission. */
  fingerprint: ringWord.own + 8,
} as const

/** Bits of {@link entry.state}; the count of retransmissions stands above them. */
export const state = {
  ipv6: ringState.ipv6,
  done: 4,
  synMissing: 8,
  fastOpen: 16,
  /** Every SYN-ACK had them. */
  hasTimestamps: 32,
  hasAccept: 64,
  /** Some SYN-ACK between the first and the last is kept in the middle times. */
  hasMiddle: 128,
} as const
export const retransmissionShift = 8

export type PendingTable = ConnectionRing

/** `onLost` is called for each entry that leaves without having completed. 2²¹ take 145 MB. */
export function createPendingTable(
  pendingMax: number,
  onLost: (offset: number, evicted: boolean) => void,
): PendingTable {
  // No class of its own: two would make every call of the ring polymorphic (bench/extraction.ts).
  const table: ConnectionRing = new ConnectionRing(pendingMax, (offset, evicted) => {
    if (!(table.words[offset + entry.state]! & state.done)) onLost(offset, evicted)
  })
  return table
}
