/** What each counter of a capture means, for those who read a report. */

/** `seen`: no loss, just a count; `set aside`: left out of aggregates; `bound`: a limit was hit. */
export type CounterKind = 'seen' | 'set aside' | 'bound'

export interface CounterMeaning {
  readonly kind: CounterKind
  readonly about: string
}

const seen = (about: string): CounterMeaning => ({ kind: 'seen', about })
const aside = (about: string): CounterMeaning => ({ kind: 'set aside', about })
const bound = (about: string): CounterMeaning => ({ kind: 'bound', about })

export const counterMeanings: Readonly<Record<string, CounterMeaning>> = {
  handshakes: seen('completed handshakes'),
  syns: seen('SYNs of clients'),
  synacks: seen('SYN-ACKs of servers, the first of each connection'),
  synack_retransmissions: seen('SYN-ACKs sent again'),
  ack_with_data: seen('handshakes completed by an ACK with data: think time may be in the RTT'),
  syn_missing: seen('handshakes whose SYN the capture does not show: no accept delay'),
  fast_open: seen('handshakes with TCP Fast Open'),
  duplicates: aside('copies of a packet, as mirror ports make them; the first one counts'),
  ambiguous: aside('handshakes where it cannot be told which SYN-ACK was answered'),
  client_side: aside('handshakes seen from the side of the client'),
  wrong_ack: aside('ACKs that answer no SYN-ACK that was seen'),
  reset: aside('handshakes that a RST ended'),
  negative_rtt: aside('ACK before its SYN-ACK: the clock stepped or packets were reordered'),
  rtt_too_long: aside('RTT over 10 s'),
  expired: aside('SYN-ACKs never answered within 60 s: scans, floods, lost packets'),
  pending_at_end: aside('SYN-ACKs without answer when the capture ended'),
  pending_evicted: bound('SYN-ACKs forgotten because the table of pending handshakes was full'),
  syn_evicted: bound('SYNs forgotten because their table was full: accept delay unknown'),
  late_packets: aside('packets older than the minute that was already counted'),
  prefixes_beyond_bound: bound('queries of prefixes beyond the 500,000 kept in a minute'),
  not_dns: aside('packets to a DNS port that hold no DNS query'),
  excluded_packets: aside('packets of clients that --exclude names'),
  excluded_handshakes: aside('handshakes of clients that --exclude names'),
  frames_without_dns_transport: aside('packets that are neither TCP nor UDP over IP'),
  frames_cut_short: aside('packets cut off before the end of their headers'),
  frames_malformed: aside('packets whose headers contradict themselves'),
  packets_of_other_services: aside('packets of servers that --services names for another service'),
  packets_of_unlisted_servers: aside('packets of servers that --services does not name'),
  rows_of_other_servers: aside('exported handshakes of servers that are not of this service'),
  rows_without_client: aside('exported handshakes without client address'),
}

export interface Discard {
  readonly reason: string
  readonly count: number
  readonly kind: CounterKind
  readonly about: string
}

/** What was counted and set aside at all sites together, most first; mere counts are left out. */
export function summarizeDiscards(
  captures: readonly { readonly counters: Readonly<Record<string, number>> }[],
): Discard[] {
  const totals = new Map<string, number>()
  for (const { counters } of captures) {
    for (const [reason, count] of Object.entries(counters)) {
      totals.set(reason, (totals.get(reason) ?? 0) + count)
    }
  }
  return [...totals]
    .map(([reason, count]) => ({ reason, count, ...(counterMeanings[reason] ?? aside('')) }))
    .filter(({ kind, count }) => kind !== 'seen' && count > 0)
    .sort((left, right) => right.count - left.count || left.reason.localeCompare(right.reason))
}
