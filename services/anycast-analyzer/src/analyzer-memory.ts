import type { TrackedFinding } from './finding-book.ts'
import { createPrefixState, type PrefixState } from './prefix-columns.ts'
import type { SiteFailures } from './site-fate.ts'

/** All that an analyzer remembers from one minute to the next; its table is beside it. */
export interface AnalyzerMemory {
  readonly state: PrefixState
  readonly tracked: TrackedFinding[]
  readonly failures: SiteFailures
}

/** What an analyzer remembers before its first minute. */
export const createAnalyzerMemory = (prefixesExpected?: number): AnalyzerMemory => ({
  state: createPrefixState(prefixesExpected),
  tracked: [],
  failures: new Map(),
})
