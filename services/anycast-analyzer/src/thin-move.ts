import type { AnalyzerView } from './analyzer-view.ts'
import type { TrackedFinding } from './finding-book.ts'
import { awayShareResolved, overMinutes, samplesMin } from './threshold.ts'

/** Sightings of a finding's clients, one a client and minute. */
export interface SeenAgain {
  sinceMinute: number
  away: number
  atHome: number
}

/**
 * A move of clients that ask seldom is told as a note: when it is told, too few were seen lately to
 * know that it is not over. Those seen since then know: when enough of them were away within the
 * minutes after which a finding is resolved, and few at home, it is a page. True in the minute in
 * which a finding becomes one.
 */
export function isConfirmed({ state, minute }: AnalyzerView, finding: TrackedFinding): boolean {
  const { assertion, members, resolvedMinute } = finding
  const isThin = assertion.severity === 'note' && assertion.kind !== 'flapping'
  if (!isThin || assertion.onsetMinute === undefined || resolvedMinute !== undefined) return false
  const since = finding.seenAgain?.sinceMinute ?? Number.NEGATIVE_INFINITY
  if (minute - since >= overMinutes) {
    finding.seenAgain = { sinceMinute: minute, away: 0, atHome: 0 }
  }
  const seenAgain = finding.seenAgain!
  for (const prefix of members) {
    if (state.lastSeen[prefix] !== minute) continue
    if (state.current[prefix] === state.home[prefix]) seenAgain.atHome++
    else seenAgain.away++
  }
  const { away, atHome } = seenAgain
  return away >= samplesMin && atHome <= awayShareResolved * (away + atHome)
}
