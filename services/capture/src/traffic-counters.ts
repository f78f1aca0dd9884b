/** What the counter passes over, and the bounds that it reached. */
export interface TrafficCounters {
  /** Packets of an earlier minute, counted in the current one. */
  late_packets: number
  /** Packets of prefixes beyond the bound, counted in the row without prefix. */
  prefixes_beyond_bound: number
  /** Datagrams to or from a server port that are no DNS query or answer. */
  not_dns: number
  excluded_packets: number
  /** Datagrams passed over by sampling. */
  sampled_out: number
  /** Minutes that were counted in part and not sent. */
  minutes_given_up: number
}

/** All counters at zero. */
export const createTrafficCounters = (): TrafficCounters => ({
  late_packets: 0,
  prefixes_beyond_bound: 0,
  not_dns: 0,
  excluded_packets: 0,
  sampled_out: 0,
  minutes_given_up: 0,
})
