import type { AnalyzerView } from './analyzer-view.ts'
import { onsetMinute } from './onset.ts'
import { findPair, type PrefixState } from './prefix-columns.ts'
import { weightPerSecond } from './prefix-state.ts'
import {
  earlyMinutes,
  knownHomeMinutes,
  lastedMinutes,
  movedShare,
  prefixesMin,
  toldAgainAfterMinutes,
} from './threshold.ts'
import { weightedQuantile } from './weighted-quantile.ts'

/** A move of clients away from home that has lasted and that is no flapping. */
export interface Move {
  readonly onsetMinute: number
  readonly moved: readonly number[]
  readonly movedWeight: number
  /** Prefixes at home at the same sites that were seen there since. */
  readonly stayed: readonly number[]
  readonly stayedWeight: number
  /** Where most of the weight came from and went to. */
  readonly from: number
  readonly to: number
}

/** Part of the moved weight that may have come back, come the other way, or known the way. */
const restlessShare = 0.2
const z95 = 1.96

/**
 * The move that the displaced ones of `members` made, or undefined where there is none.
 * `originShare` is the part of the clients that must call a site home for it to be an origin.
 */
export function findMove(
  view: AnalyzerView,
  members: readonly number[],
  originShare: number,
): Move | undefined {
  const { state } = view
  const displaced = members.filter((prefix) => counts(state, prefix) && state.displaced.has(prefix))
  if (displaced.length < prefixesMin) return undefined
  const onset = onsetMinute(
    displaced.map((prefix) => ({
      lastHome: state.lastHome[prefix]!,
      firstAway: state.runSince[prefix]!,
      weight: weightPerSecond(state, prefix),
    })),
  )
  if (onset === undefined || minutesSince(view, onset) < lastedMinutes) return undefined
  const away = displaced.filter(
    (prefix) => state.runSince[prefix]! >= onset - earlyMinutes && state.lastSeen[prefix]! > onset,
  )
  const stayed = members.filter(
    (prefix) =>
      counts(state, prefix) && state.lastHome[prefix]! > onset && !state.displaced.has(prefix),
  )
  const origins = originsOf(state, away, { stayed, originShare })
  const moved = away.filter((prefix) => origins.has(state.home[prefix]!))
  if (moved.length < prefixesMin) return undefined
  const remaining = stayed.filter((prefix) => origins.has(state.home[prefix]!))
  const move: Move = {
    onsetMinute: onset,
    moved,
    movedWeight: weightOf(state, moved),
    stayed: remaining,
    stayedWeight: weightOf(state, remaining),
    from: heaviest(state, moved, (prefix) => state.home[prefix]!),
    to: heaviest(state, moved, (prefix) => state.current[prefix]!),
  }
  // A site that comes up draws its clients home: where it was before the data is unknown.
  if (state.siteFirstSeen.get(move.to)! >= onset - earlyMinutes) return undefined
  if (!clientsMoved(state, move.moved, move.stayed) || !isSure(state, move)) return undefined
  if (minutesSince(view, onset) < patience(state, move) || !stillMoved(view, move)) return undefined
  if (view.fates.cameBack(move.to, view.table.ipVersion(moved[0]!), onset)) return undefined
  return isRestless(state, move, members) ? undefined : move
}

/** Whole minutes from the beginning of `onset` to the end of this minute. */
const minutesSince = ({ minute }: AnalyzerView, onset: number): number => minute - onset + 1

/** Whether those seen in the last minutes are still away: what is over already is not told. */
function stillMoved({ state, minute }: AnalyzerView, { moved, stayed }: Move): boolean {
  const lately = (prefix: number): boolean => state.lastSeen[prefix]! > minute - lastedMinutes
  const away = moved.filter(lately)
  if (away.length < Math.min(prefixesMin, moved.length)) return false
  const sum = weightOf(state, away)
  return sum >= movedShare * (sum + weightOf(state, stayed.filter(lately)))
}

/** Minutes that a move must last: longer where its clients were there before or came lately. */
function patience(state: PrefixState, { moved, movedWeight, onsetMinute: onset }: Move): number {
  const again = moved.filter((prefix) => {
    const pair = findPair(state, prefix, state.current[prefix]!)
    return state.pairVisits[pair]! > 1
  })
  const longest = weightOf(state, again) > restlessShare * movedWeight
  const since = moved.map((prefix) => onset - state.firstSeen[prefix]!)
  const weights = moved.map((prefix) => weightPerSecond(state, prefix))
  const atHome = weightedQuantile(since, weights, 0.5)!.value
  const young = atHome < knownHomeMinutes ? atHome + 1 : 0
  return Math.max(longest ? toldAgainAfterMinutes : lastedMinutes, young)
}

/** Whether most of the weight moved, also without the heaviest client that did. */
export function clientsMoved(
  state: PrefixState,
  moved: readonly number[],
  stayed: readonly number[],
): boolean {
  const weights = moved.map((prefix) => weightPerSecond(state, prefix))
  const sum = weights.reduce((left, right) => left + right, 0)
  const others = sum - Math.max(...weights, 0)
  const still = weightOf(state, stayed)
  return sum >= movedShare * (sum + still) && others >= movedShare * (others + still) && others > 0
}

/** Weight a second of a set of prefixes. */
export function weightOf(state: PrefixState, prefixes: readonly number[]): number {
  let weight = 0
  for (const prefix of prefixes) weight += weightPerSecond(state, prefix)
  return weight
}

/** The key that holds most of the weight. */
export function heaviest(
  state: PrefixState,
  prefixes: readonly number[],
  keyOf: (prefix: number) => number,
): number {
  const weights = weightBy(state, prefixes, keyOf)
  return [...weights].sort((left, right) => right[1] - left[1] || left[0] - right[0])[0]![0]
}

/** Weight a second by key. */
export function weightBy(
  state: PrefixState,
  prefixes: readonly number[],
  keyOf: (prefix: number) => number,
): Map<number, number> {
  const weights = new Map<number, number>()
  for (const prefix of prefixes) {
    const key = keyOf(prefix)
    weights.set(key, (weights.get(key) ?? 0) + weightPerSecond(state, prefix))
  }
  return weights
}

/** Prefixes that no finding speaks of yet and that have weight. */
function counts(state: PrefixState, prefix: number): boolean {
  return state.claimed[prefix] === 0 && state.handshakes[prefix]! > 0
}

/** The sites that most of their clients left. */
function originsOf(
  state: PrefixState,
  away: readonly number[],
  { stayed, originShare }: { readonly stayed: readonly number[]; readonly originShare: number },
): Set<number> {
  const gone = weightBy(state, away, (prefix) => state.home[prefix]!)
  const still = weightBy(state, stayed, (prefix) => state.home[prefix]!)
  const all = [...gone.values(), ...still.values()].reduce((left, right) => left + right, 0)
  const origins = new Set<number>()
  for (const [site, weight] of gone) {
    const sum = weight + (still.get(site) ?? 0)
    if (weight >= movedShare * sum && sum >= originShare * all) origins.add(site)
  }
  return origins
}

/**
 * Clients that were seen once since look half moved when a load balancer draws a site for each
 * query: the share must be beyond chance, or most must have been seen at the new site again.
 */
function isSure(state: PrefixState, { moved, movedWeight, stayed, stayedWeight }: Move): boolean {
  const again = moved.filter((prefix) => state.runSightings[prefix]! > 1)
  if (weightOf(state, again) >= movedShare * movedWeight) return true
  const all = movedWeight + stayedWeight
  const squares = [...moved, ...stayed].reduce(
    (sum, prefix) => sum + weightPerSecond(state, prefix) ** 2,
    0,
  )
  const share = movedWeight / all
  return share - z95 * Math.sqrt((movedShare * (1 - movedShare) * squares) / all ** 2) > movedShare
}

/** Load balancers flip: clients come back, others go the opposite way, or they knew the site. */
function isRestless(state: PrefixState, move: Move, members: readonly number[]): boolean {
  const bound = restlessShare * move.movedWeight
  const returned = move.stayed.filter((prefix) => state.lastReturn[prefix]! >= move.onsetMinute)
  if (weightOf(state, returned) > bound) return true
  const origins = new Set(move.moved.map((prefix) => state.home[prefix]!))
  const opposite = members.filter(
    (prefix) =>
      counts(state, prefix) &&
      state.displaced.has(prefix) &&
      state.home[prefix] === move.to &&
      origins.has(state.current[prefix]!) &&
      state.lastSeen[prefix]! > move.onsetMinute,
  )
  if (weightOf(state, opposite) > bound) return true
  let knew = 0
  for (const prefix of move.moved) {
    const there = findPair(state, prefix, state.current[prefix]!)
    const home = findPair(state, prefix, state.home[prefix]!)
    const before = state.pairSightings[there]! - state.runSightings[prefix]!
    knew += (weightPerSecond(state, prefix) * before) / (before + state.pairSightings[home]! || 1)
  }
  return knew > bound
}
