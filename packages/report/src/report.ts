import type { Finding } from '@goldpan/core'
import type { Distribution, HandshakeRtts, TimeBin } from './rtt-bins.ts'
import type { WeightedQuantiles } from './weighted-median.ts'

/** What was seen of the handshakes of one server address. */
export interface ServerFacts {
  readonly address: string
  /** `inbound only`, `outbound only` or `both`. */
  readonly direction: string
  readonly syns: number
  readonly synacks: number
  readonly completed: number
  readonly synWithoutSynack: number
  readonly synackWithoutSyn: number
  readonly synackWithoutAck: number
  readonly synThenAckWithoutSynack: number
}

/** What the captures of one site were. */
export interface CaptureFacts {
  readonly site: string
  readonly packets: number
  readonly bytes: number
  /** Handshakes, discards and bounds reached, by reason. */
  readonly counters: Readonly<Record<string, number>>
  /** Directions seen of each server address. */
  readonly servers: readonly ServerFacts[]
  readonly isTakenAtClient: boolean
  /** Damaged files, one sentence each. */
  readonly damages: readonly string[]
  readonly notes: readonly string[]
}

/** Where a site is, as far as it was told. */
export interface SitePlace {
  readonly code: string
  readonly city: string
  readonly country: string
}

/** One site and IP version; RTTs in microseconds, over prefixes by weight. */
export interface SiteRow {
  readonly site: string
  readonly ipVersion: 4 | 6
  readonly queries: number
  readonly handshakes: number
  readonly prefixesMeasured: number
  readonly prefixesSeen: number
  readonly prefixesCovered: number
  readonly queriesCovered: number
  readonly rtt: WeightedQuantiles | undefined
}

/** One network and IP version; a prefix counts at each of its sites. */
export interface NetworkRow {
  readonly asn: number
  readonly name: string
  readonly ipVersion: 4 | 6
  readonly queries: number
  readonly handshakes: number
  readonly prefixesSeen: number
  readonly prefixesMeasured: number
  readonly rtt: WeightedQuantiles | undefined
  /** Over handshakes; undefined where there is none. */
  readonly handshakeRtt: HandshakeRtts | undefined
  /** Most queries first. */
  readonly sites: readonly {
    readonly site: string
    readonly queries: number
    readonly handshakes: number
  }[]
}

/** One IP version, all sites together; covered: with at least ten handshakes. */
export interface CoverageRow {
  readonly ipVersion: 4 | 6
  readonly handshakes: number
  readonly queries: number
  readonly queriesCovered: number
  readonly prefixes: number
  readonly prefixesCovered: number
  readonly networks: number
  readonly networksCovered: number
}

/** The RTTs of a finding's clients over time, at each site that served them. */
export interface FindingEvidence {
  readonly id: string
  readonly bins: readonly TimeBin[]
}

export interface Report {
  readonly service: string
  /** Packet times, microseconds since 1970. */
  readonly fromMicros: number
  readonly toMicros: number
  /** What prefixes are weighted by: handshakes where no capture shows UDP queries. */
  readonly weight: 'queries' | 'handshakes'
  readonly captures: readonly CaptureFacts[]
  readonly places: readonly SitePlace[]
  /** No AS is known without networks files. */
  readonly hasNetworks: boolean
  readonly sites: readonly SiteRow[]
  readonly findings: readonly Finding[]
  readonly coverage: readonly CoverageRow[]
  /** The heaviest networks, at most {@link networksMax}. */
  readonly networks: readonly NetworkRow[]
  /** Names of the networks that findings speak of, as far as known. */
  readonly networkNames: ReadonlyMap<number, string>
  readonly distributions: readonly Distribution[]
  readonly binSeconds: number
  readonly overTime: readonly TimeBin[]
  /** Of the worst findings, at most {@link evidenceMax}. */
  readonly evidence: readonly FindingEvidence[]
}

/** Networks in a report at most. */
export const networksMax = 20

/** Findings in a report whose clients are drawn over time, at most. */
export const evidenceMax = 12
