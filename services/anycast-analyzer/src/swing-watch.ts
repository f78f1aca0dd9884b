import type { AnalyzerView } from './analyzer-view.ts'
import type { TrackedFinding } from './finding-book.ts'
import { weightOf } from './move.ts'
import {
  awayShareResolved,
  flappingDepartures,
  lastedMinutes,
  movedShare,
  swingMinutes,
} from './threshold.ts'

/**
 * The first swing of a load balancer looks like any other move and is told as one. Clients that
 * come back within minutes, or come back and leave again, are flapping, and the finding says so
 * from then on: a note.
 */
export interface Swings {
  /** Most of the clients are away now. */
  isAway: boolean
  /** How often most of them have left. */
  departures: number
}

/** What a finding begins with: its clients have just left. */
export const firstSwing = (): Swings => ({ isAway: true, departures: 1 })

/** Follows the swings of a finding's clients; true where they have just proved to be flapping. */
export function provesFlapping(view: AnalyzerView, finding: TrackedFinding): boolean {
  const { state, minute } = view
  const { assertion, swings, members } = finding
  if (assertion.onsetMinute === undefined || assertion.kind === 'flapping') return false
  const age = minute - assertion.onsetMinute
  const rules = flappingDepartures.filter(({ minutes }) => age <= minutes)
  if (rules.length === 0) return false
  const recent = members.filter((prefix) => state.lastSeen[prefix]! > minute - lastedMinutes)
  const total = weightOf(state, recent)
  if (total === 0) return false
  const away = recent.filter((prefix) => state.current[prefix] !== state.home[prefix])
  const share = weightOf(state, away) / total
  if (swings.isAway) {
    swings.isAway = share >= awayShareResolved
    if (!swings.isAway && age < swingMinutes) return true
  } else if (share >= movedShare) {
    swings.isAway = true
    swings.departures++
  }
  return rules.some(({ departures }) => swings.departures >= departures)
}
