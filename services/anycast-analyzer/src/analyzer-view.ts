import type { FindingKind, FindingSeverity } from '@goldpan/core'
import type { PrefixState } from './prefix-columns.ts'
import type { GroupLevel, PrefixTable } from './prefix-table.ts'
import type { RttEvidence } from './rtt-evidence.ts'
import type { SiteFates } from './site-fate.ts'

/** What a detector may look at: the state at the end of a minute, and nothing else. */
export interface AnalyzerView {
  readonly state: PrefixState
  readonly table: PrefixTable
  readonly minute: number
  /** Sites that are no alternative for clients elsewhere (`reach` local, or another family). */
  isAlternative(site: number, ipVersion: 4 | 6): boolean
  /** Which sites still serve their clients. */
  readonly fates: SiteFates
  /** Whether what stands is due to be judged in this minute. */
  readonly judgeStanding: boolean
  /** Groups of a level that have unclaimed displaced prefixes enough to look at them. */
  suspects(level: GroupLevel): readonly number[]
}

/** What a detector asserts about a group of clients; the book of findings makes it a finding. */
export interface Assertion {
  readonly kind: FindingKind
  readonly severity: FindingSeverity
  /** Index of the client group. */
  readonly group: number
  /** Country codes, heaviest first. */
  readonly countries: readonly string[]
  /** The affected prefixes. */
  readonly members: readonly number[]
  readonly siteFrom?: number
  readonly siteTo: number
  /** Absent for what stands. */
  readonly onsetMinute?: number
  readonly evidence: RttEvidence
}

/** Adding a detector is one file, one test, and one line in `detectors.ts`. */
export interface Detector {
  readonly kind: FindingKind
  detect(view: AnalyzerView): readonly Assertion[]
}
