import type { AnalyzerView, Assertion, Detector } from '../analyzer-view.ts'
import { countriesHeld, networkSpread } from '../country-spread.ts'
import { findMove, weightBy, weightOf } from '../move.ts'
import { assertPolarization } from '../polarization-assertion.ts'
import { compareRtts, historyOf, type RttEvidence } from '../rtt-evidence.ts'
import { standingPolarization } from '../standing-polarization.ts'
import { alarmWeightMin, goodPart, polarizedShare, prefixesMin, samplesMin } from '../threshold.ts'

/**
 * A network that is in several countries is served by one site, though a good part of it has a
 * nearer one: by a move from several sites to one, or by standing.
 */
export const polarization: Detector = {
  kind: 'polarization',
  detect(view) {
    const moves = view.suspects('network').map((index) => polarizedByMove(view, index))
    return [...moves, ...(view.judgeStanding ? standingPolarization(view) : [])].filter(
      (assertion) => assertion !== undefined,
    )
  },
}

/** A site holds a real part of a network from this share of its weight on. */
const partShare = 0.05

function polarizedByMove(view: AnalyzerView, index: number): Assertion | undefined {
  const { state, table } = view
  const group = table.groups[index]!
  const move = findMove(view, group.members, 0)
  if (!move) return undefined
  const question = { members: group.members, onsetMinute: move.onsetMinute }
  const origins = new Set(move.moved.map((prefix) => state.home[prefix]!))
  // Who left a site that is gone or silent does not speak for the others.
  const serving = [...origins].filter((site) => view.fates.serves(site, group.ipVersion, question))
  const moved = move.moved.filter(
    (prefix) => state.current[prefix] === move.to && serving.includes(state.home[prefix]!),
  )
  if (moved.length < prefixesMin) return undefined
  const seen = group.members.filter(
    (prefix) => state.handshakes[prefix]! > 0 && state.lastSeen[prefix]! > move.onsetMinute,
  )
  const total = weightOf(state, seen)
  const there = seen.filter((prefix) => state.current[prefix] === move.to)
  if (weightOf(state, there) < polarizedShare * total) return undefined
  if (!cameFromSeveral(view, moved, seen)) return undefined
  const evidence = compareRtts(state, moved, historyOf(state))
  if (!evidence || !isConvincing(evidence)) return undefined
  const measured = evidence.measuredWeight / (evidence.measuredWeight + evidence.unmeasuredWeight)
  if (evidence.farWeight < goodPart * measured * total) return undefined
  return assertPolarization(view, index, moved, {
    severity: move.movedWeight < alarmWeightMin ? 'note' : 'page',
    onsetMinute: move.onsetMinute,
    evidence,
    siteTo: move.to,
  })
}

/** Before: at least two sites and two countries; what moved lies in several countries, too. */
function cameFromSeveral(
  { state, table }: AnalyzerView,
  moved: readonly number[],
  seen: readonly number[],
): boolean {
  const homes = weightBy(state, seen, (prefix) => state.home[prefix]!)
  const total = weightOf(state, seen)
  const before = [...homes.values()].filter((weight) => weight >= partShare * total)
  if (before.length < 2) return false
  const spread = networkSpread(state, table, table.asn(moved[0]!))
  // Countries may be unknown: moving from two other sites to a third is enough then.
  if (spread.heaviest === 0) return new Set(moved.map((p) => state.home[p])).size > 1
  return spread.several && countriesHeld(state, table, spread, moved).length > 1
}

function isConvincing({ samples, farPrefixes }: RttEvidence): boolean {
  return samples >= samplesMin && farPrefixes >= prefixesMin
}
