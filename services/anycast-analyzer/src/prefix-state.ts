import type { MinuteWindow } from './minute-window.ts'
import { growPrefixes, none, type PrefixState, pairOf, ringLength } from './prefix-columns.ts'
import { medianInPlace } from './weighted-quantile.ts'

/**
 * What is known of each prefix: where it is at home, where it is now and since when, how much it
 * asks, and its latest RTTs at each site where it was seen.
 *
 * A pure function of the last state and the window.
 */

/** Time constant of a prefix's query rate. */
const rateMinutes = 60
/** A prefix is at home in a minute when home saw at least so much of it. */
const homeShare = 0.25
/** A prefix that stayed away so long without harm is at home there. */
const adaptMinutes = 180
const adaptSightings = 3
/** A home that was left longer ago is forgotten, and so is the weight of who is not seen. */
export const formerHomeMinutes = 1440
/** A site visited so often within the last day is usual: going there again is no move. */
const usualVisits = 3

/**
 * Takes in the next minute. `weight` says what counts as the weight of a sighting: queries, or
 * handshakes where sites have no traffic counts.
 */
export function advancePrefixState(
  state: PrefixState,
  window: MinuteWindow,
  prefixes: number,
  weight: 'queries' | 'handshakes',
): void {
  if (state.firstMinute < 0) state.firstMinute = window.minute
  state.minute = window.minute
  while (state.home.length < prefixes) growPrefixes(state)
  let touched = 0
  const see = (prefix: number, site: number, amount: number): number => {
    const pair = pairOf(state, prefix, site)
    if (state.pairSightings[pair] === 0 && !state.siteFirstSeen.has(site)) {
      state.siteFirstSeen.set(site, window.minute)
    }
    if (state.pairMinute[pair] !== window.minute) {
      state.pairMinute[pair] = window.minute
      state.pairMinuteWeight[pair] = 0
      state.pairSightings[pair]!++
    }
    state.pairMinuteWeight[pair]! += amount
    if (state.lastSeen[prefix] !== window.minute) {
      state.lastSeen[prefix] = window.minute
      state.touched[touched++] = prefix
    }
    return pair
  }
  const { seen, handshakes } = window
  for (let row = 0; row < seen.length; row++) {
    see(seen.prefix[row]!, seen.site[row]!, weight === 'queries' ? seen.queries[row]! : 0)
  }
  const handshakeWeight = weight === 'handshakes' ? 1 : 0
  for (let row = 0; row < handshakes.length; row++) {
    const prefix = handshakes.prefix[row]!
    const pair = see(prefix, handshakes.site[row]!, handshakeWeight)
    const sample = state.pairSamples[pair]!++
    state.pairRing[pair * ringLength + (sample % ringLength)] = handshakes.rttMicros[row]!
    state.handshakes[prefix]!++
  }
  for (let index = 0; index < touched; index++) settle(state, state.touched[index]!, window.minute)
}

/** Decides where a prefix was in the minute and moves its run, home and rate along. */
function settle(state: PrefixState, prefix: number, minute: number): void {
  const home = state.home[prefix]!
  let total = 0
  let atHome = none
  let most = none
  let pairs = 0
  for (let pair = state.firstPair[prefix]!; pair >= 0; pair = state.nextPair[pair]!) {
    if (state.pairMinute[pair] !== minute) continue
    pairs++
    total += state.pairMinuteWeight[pair]!
    if (state.pairSite[pair] === home) atHome = pair
    if (most < 0 || outweighs(state, pair, most)) most = pair
  }
  if (atHome >= 0 && pairs > 1 && state.pairMinuteWeight[atHome]! < homeShare * total) atHome = none
  addRate(state, prefix, minute, total)
  const pair = atHome >= 0 ? atHome : most
  const site = state.pairSite[pair]!
  if (home < 0) state.home[prefix] = site
  if (site !== state.current[prefix]) startRun(state, prefix, pair, minute)
  state.runSightings[prefix]!++
  state.runWeight[prefix]! += total
  if (site === state.home[prefix]) {
    state.lastHome[prefix] = minute
  } else if (mayAdapt(state, prefix, minute)) {
    rehome(state, prefix, minute)
  }
}

/** Of equals the lower site counts, so that the order of rows does not matter. */
function outweighs(state: PrefixState, pair: number, other: number): boolean {
  const difference = state.pairMinuteWeight[pair]! - state.pairMinuteWeight[other]!
  return difference > 0 || (difference === 0 && state.pairSite[pair]! < state.pairSite[other]!)
}

function startRun(state: PrefixState, prefix: number, pair: number, minute: number): void {
  const site = state.pairSite[pair]!
  const seenBefore = state.current[prefix]! >= 0
  state.current[prefix] = site
  state.runSince[prefix] = minute
  state.runSightings[prefix] = 0
  state.runWeight[prefix] = 0
  if (minute - state.pairLastVisit[pair]! > formerHomeMinutes) state.pairVisits[pair] = 0
  state.pairLastVisit[pair] = minute
  if (state.pairVisits[pair]! < 255) state.pairVisits[pair]!++
  if (site === state.formerHome[prefix] && minute <= state.formerHomeUntil[prefix]!) {
    rehome(state, prefix, minute)
  }
  if (site === state.home[prefix]) {
    if (seenBefore) state.lastReturn[prefix] = minute
    state.displaced.delete(prefix)
  } else if (state.pairVisits[pair]! < usualVisits) {
    state.displaced.add(prefix)
  } else {
    state.displaced.delete(prefix)
  }
}

function mayAdapt(state: PrefixState, prefix: number, minute: number): boolean {
  return (
    state.claimed[prefix] === 0 &&
    minute - state.runSince[prefix]! >= adaptMinutes &&
    state.runSightings[prefix]! >= adaptSightings
  )
}

/** The prefix is at home where it is now; where it was may welcome it back for a day. */
function rehome(state: PrefixState, prefix: number, minute: number): void {
  state.formerHome[prefix] = state.home[prefix]!
  state.formerHomeUntil[prefix] = minute + formerHomeMinutes
  state.home[prefix] = state.current[prefix]!
  state.lastHome[prefix] = minute
  state.displaced.delete(prefix)
}

const decayByMinute = Float64Array.from({ length: formerHomeMinutes }, (_, age) =>
  Math.exp(-age / rateMinutes),
)

function addRate(state: PrefixState, prefix: number, minute: number, total: number): void {
  if (state.firstSeen[prefix]! < 0) state.firstSeen[prefix] = minute
  state.decayedWeight[prefix] = total + state.decayedWeight[prefix]! * decay(state, prefix, minute)
  state.rateMinute[prefix] = minute
}

function decay(state: PrefixState, prefix: number, minute: number): number {
  return decayByMinute[minute - state.rateMinute[prefix]!] ?? 0
}

/** Queries (or handshakes) a second of a prefix over about the last hour. */
export function weightPerSecond(state: PrefixState, prefix: number): number {
  return rateAt(state, prefix, state.minute) * decay(state, prefix, state.minute)
}

/** The same when it was last seen: the clients of a silent sensor keep their weight for a day. */
export function lastWeightPerSecond(state: PrefixState, prefix: number): number {
  const lastSeen = state.lastSeen[prefix]!
  return state.minute - lastSeen > formerHomeMinutes ? 0 : rateAt(state, prefix, lastSeen)
}

/** What was gathered, a second, of a prefix that has been known until `minute`. */
function rateAt(state: PrefixState, prefix: number, minute: number): number {
  // A prefix without handshakes may be spoofed: it has no weight (DESIGN §8).
  if (state.handshakes[prefix] === 0) return 0
  const age = minute - state.firstSeen[prefix]! + 1
  // What a steady client of one query a minute would have gathered by this age.
  const steady = (1 - (decayByMinute[age] ?? 0)) / (1 - decayByMinute[1]!)
  return state.decayedWeight[prefix]! / steady / 60
}

/** Whether a prefix is at home at a site and nowhere else: neither moved there nor flapping. */
export function settledAt(state: PrefixState, prefix: number, site: number): boolean {
  if (state.home[prefix] !== site || state.current[prefix] !== site) return false
  for (let pair = state.firstPair[prefix]!; pair >= 0; pair = state.nextPair[pair]!) {
    if (state.pairSite[pair] !== site && state.pairVisits[pair]! >= usualVisits) return false
  }
  return true
}

/** Number of latest RTTs that are kept of a pair. */
export function keptSamples(state: PrefixState, pair: number): number {
  return pair < 0 ? 0 : Math.min(state.pairSamples[pair]!, ringLength)
}

/** One of the latest RTTs of a pair, microseconds. */
export function keptRtt(state: PrefixState, pair: number, index: number): number {
  return state.pairRing[pair * ringLength + index]!
}

const sorted = new Uint32Array(ringLength)

/** Median of the latest RTTs of a pair that has any, microseconds. */
export function pairMedianMicros(state: PrefixState, pair: number): number {
  const samples = state.pairSamples[pair]!
  if (state.pairMedianOf[pair] === samples) return state.pairMedian[pair]!
  const kept = keptSamples(state, pair)
  for (let index = 0; index < kept; index++) sorted[index] = keptRtt(state, pair, index)
  state.pairMedianOf[pair] = samples
  state.pairMedian[pair] = medianInPlace(sorted, kept)
  return state.pairMedian[pair]!
}
