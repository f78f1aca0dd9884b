/** What the tracker counts, by reason; every discard and every bound that was reached is here. */
export const handshakeCounterNames = [
  'syns',
  'synacks',
  'synack_retransmissions',
  'duplicates',
  'handshakes',
  'ambiguous',
  'ack_with_data',
  'syn_missing',
  'client_side',
  'fast_open',
  'wrong_ack',
  'reset',
  'negative_rtt',
  'rtt_too_long',
  'expired',
  'pending_at_end',
  'pending_evicted',
  'syn_evicted',
] as const

export type HandshakeCounter = (typeof handshakeCounterNames)[number]
export type HandshakeCounters = Record<HandshakeCounter, number>

/** All counters at zero. */
export function createHandshakeCounters(): HandshakeCounters {
  const zeros = handshakeCounterNames.map((name) => [name, 0] as const)
  return Object.fromEntries(zeros) as HandshakeCounters
}
