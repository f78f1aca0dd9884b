/** What the analyzer asserts. Field names are the JSON contract: they only grow at the end. */

export const findingKinds = [
  'polarization',
  'detour_by_site',
  'detour_by_path',
  'bad_catchment',
  'site_gone',
  'sensor_silent',
  'flapping',
  'ip_version_disagreement',
] as const
export type FindingKind = (typeof findingKinds)[number]

export const findingSeverities = ['page', 'ticket', 'note'] as const
export type FindingSeverity = (typeof findingSeverities)[number]

export const findingStates = ['open', 'acknowledged', 'suppressed', 'resolved'] as const
export type FindingState = (typeof findingStates)[number]

export interface FindingScope {
  readonly asns: readonly number[]
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[]
  /** Name of an operator-defined group of ASes. */
  readonly group?: string
  /** The affected prefixes, heaviest first, at most 100. */
  readonly prefixes: readonly string[]
  readonly site?: string
}

/** Times are RFC 3339 packet times in UTC; RTTs are microseconds; weights are queries a second. */
export interface Finding {
  readonly id: string
  /** Shared by findings of one cause, such as its IPv4 and IPv6 half. */
  readonly incident: string
  readonly kind: FindingKind
  readonly severity: FindingSeverity
  readonly state: FindingState
  readonly service: string
  readonly ip_version?: 4 | 6
  readonly scope: FindingScope
  readonly site_from?: string
  readonly site_to?: string
  /** It was there when the data began: no onset, at most a ticket. */
  readonly standing: boolean
  readonly onset?: string
  /** When a running analyzer would have spoken. */
  readonly opened: string
  readonly resolved?: string
  /** Handshakes behind the RTTs. */
  readonly samples: number
  readonly prefixes_measured: number
  readonly unmeasured_queries_per_second?: number
  readonly rtt_before_us?: number
  readonly rtt_now_us: number
  readonly rtt_possible_us?: number
  /** Whose RTT `rtt_possible_us` is: `history`, `neighbours`, … */
  readonly possible_source?: string
  readonly queries_per_second: number
  /** What `queries_per_second` counts. */
  readonly weight: 'queries' | 'handshakes'
  /** Mean per query of RTT now − RTT possible, milliseconds. */
  readonly excess_ms: number
  /** queries_per_second × excess_ms, in ms per second. */
  readonly lost_time: number
  /** What a NOC engineer reads first. */
  readonly sentence: string
}
