import { doubled } from './minute-window.ts'

/**
 * The columns of the prefix state. A pair is one (prefix, site); the pairs of a prefix form a
 * chain. Columns double when they are full.
 */

/** RTTs kept of a pair: enough for a median, few enough to forget a congested evening. */
export const ringLength = 16
/** No site, no pair, no minute yet. */
export const none = -1

export interface PrefixState {
  /** The last minute taken in, and the first. */
  minute: number
  firstMinute: number
  /** By prefix. */
  home: Int16Array
  formerHome: Int16Array
  formerHomeUntil: Int32Array
  current: Int16Array
  /** First minute of the unbroken run at `current`. */
  runSince: Int32Array
  /** Minutes of that run in which the prefix was seen. */
  runSightings: Uint32Array
  /** Weight since the run began. */
  runWeight: Float64Array
  lastHome: Int32Array
  /** Last minute in which a run elsewhere ended at home. */
  lastReturn: Int32Array
  firstSeen: Int32Array
  lastSeen: Int32Array
  decayedWeight: Float64Array
  rateMinute: Int32Array
  handshakes: Uint32Array
  /** How many open findings speak of the prefix. */
  claimed: Uint8Array
  firstPair: Int32Array
  /** Prefixes away from home at a site that is not usual for them. */
  readonly displaced: Set<number>
  /** First minute in which anybody was seen at a site. */
  readonly siteFirstSeen: Map<number, number>
  /** By pair. */
  pairs: number
  pairSite: Int16Array
  nextPair: Int32Array
  /** Minutes in which the prefix was seen there. */
  pairSightings: Uint32Array
  pairVisits: Uint8Array
  pairLastVisit: Int32Array
  pairSamples: Uint32Array
  pairRing: Uint32Array
  pairMinute: Int32Array
  pairMinuteWeight: Float64Array
  pairMedian: Uint32Array
  /** `pairSamples` when `pairMedian` was computed. */
  pairMedianOf: Uint32Array
  touched: Uint32Array
}

/** The state before any window. */
export function createPrefixState(prefixesExpected = 1024): PrefixState {
  const prefixes = Math.max(prefixesExpected, 16)
  const pairs = prefixes * 2
  const minutes = (): Int32Array<ArrayBuffer> => new Int32Array(prefixes).fill(none)
  return {
    minute: none,
    firstMinute: none,
    home: new Int16Array(prefixes).fill(none),
    formerHome: new Int16Array(prefixes).fill(none),
    formerHomeUntil: minutes(),
    current: new Int16Array(prefixes).fill(none),
    runSince: minutes(),
    runSightings: new Uint32Array(prefixes),
    runWeight: new Float64Array(prefixes),
    lastHome: minutes(),
    lastReturn: minutes(),
    firstSeen: minutes(),
    lastSeen: minutes(),
    decayedWeight: new Float64Array(prefixes),
    rateMinute: minutes(),
    handshakes: new Uint32Array(prefixes),
    claimed: new Uint8Array(prefixes),
    firstPair: minutes(),
    displaced: new Set(),
    siteFirstSeen: new Map(),
    pairs: 0,
    pairSite: new Int16Array(pairs),
    nextPair: new Int32Array(pairs),
    pairSightings: new Uint32Array(pairs),
    pairVisits: new Uint8Array(pairs),
    pairLastVisit: new Int32Array(pairs),
    pairSamples: new Uint32Array(pairs),
    pairRing: new Uint32Array(pairs * ringLength),
    pairMinute: new Int32Array(pairs),
    pairMinuteWeight: new Float64Array(pairs),
    pairMedian: new Uint32Array(pairs),
    pairMedianOf: new Uint32Array(pairs),
    touched: new Uint32Array(prefixes),
  }
}

/** The pair of a prefix and a site, or -1. */
export function findPair(state: PrefixState, prefix: number, site: number): number {
  let pair = state.firstPair[prefix]!
  while (pair >= 0 && state.pairSite[pair] !== site) pair = state.nextPair[pair]!
  return pair
}

/** The pair of a prefix and a site, made where it is new. */
export function pairOf(state: PrefixState, prefix: number, site: number): number {
  const known = findPair(state, prefix, site)
  if (known >= 0) return known
  if (state.pairs === state.pairSite.length) growPairs(state)
  const pair = state.pairs++
  state.pairSite[pair] = site
  state.pairMinute[pair] = none
  state.nextPair[pair] = state.firstPair[prefix]!
  state.firstPair[prefix] = pair
  return pair
}

/** Makes room for more prefixes. */
export function growPrefixes(state: PrefixState): void {
  state.home = doubled(state.home, Int16Array, none)
  state.formerHome = doubled(state.formerHome, Int16Array, none)
  state.formerHomeUntil = doubled(state.formerHomeUntil, Int32Array, none)
  state.current = doubled(state.current, Int16Array, none)
  state.runSince = doubled(state.runSince, Int32Array, none)
  state.runSightings = doubled(state.runSightings, Uint32Array)
  state.runWeight = doubled(state.runWeight, Float64Array)
  state.lastHome = doubled(state.lastHome, Int32Array, none)
  state.lastReturn = doubled(state.lastReturn, Int32Array, none)
  state.firstSeen = doubled(state.firstSeen, Int32Array, none)
  state.lastSeen = doubled(state.lastSeen, Int32Array, none)
  state.decayedWeight = doubled(state.decayedWeight, Float64Array)
  state.rateMinute = doubled(state.rateMinute, Int32Array, none)
  state.handshakes = doubled(state.handshakes, Uint32Array)
  state.claimed = doubled(state.claimed, Uint8Array)
  state.firstPair = doubled(state.firstPair, Int32Array, none)
  state.touched = doubled(state.touched, Uint32Array)
}

function growPairs(state: PrefixState): void {
  state.pairSite = doubled(state.pairSite, Int16Array)
  state.nextPair = doubled(state.nextPair, Int32Array)
  state.pairSightings = doubled(state.pairSightings, Uint32Array)
  state.pairVisits = doubled(state.pairVisits, Uint8Array)
  state.pairLastVisit = doubled(state.pairLastVisit, Int32Array)
  state.pairSamples = doubled(state.pairSamples, Uint32Array)
  state.pairRing = doubled(state.pairRing, Uint32Array)
  state.pairMinute = doubled(state.pairMinute, Int32Array)
  state.pairMinuteWeight = doubled(state.pairMinuteWeight, Float64Array)
  state.pairMedian = doubled(state.pairMedian, Uint32Array)
  state.pairMedianOf = doubled(state.pairMedianOf, Uint32Array)
}
