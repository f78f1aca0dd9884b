import type { AnalyzerView, Assertion } from './analyzer-view.ts'
import { countriesHeld, networkSpread, unlikelyByChance } from './country-spread.ts'
import { heaviest, weightOf } from './move.ts'
import { createNeighbours, type Neighbours } from './neighbours.ts'
import { assertPolarization } from './polarization-assertion.ts'
import { findPair } from './prefix-columns.ts'
import { keptSamples, lastWeightPerSecond, pairMedianMicros, settledAt } from './prefix-state.ts'
import type { ClientGroup } from './prefix-table.ts'
import { compareRtts, type PossibleRtt } from './rtt-evidence.ts'
import {
  alarmWeightMin,
  badCatchmentMicros,
  farMicros,
  goodPart,
  polarizedShare,
  prefixesMin,
  standingSamplesMin,
} from './threshold.ts'
import { weightedQuantile } from './weighted-quantile.ts'

/** Difference between prefixes of one network at one site that no one place has, microseconds. */
const manyPlacesMicros = 100_000
const manyPlacesPrefixesMin = 20
/** Part of a network's measured weight that must have a known alternative. */
const knownShare = 0.25

/** Networks that were drawn to one site before the data began. */
export function standingPolarization(view: AnalyzerView): (Assertion | undefined)[] {
  const neighbours = createNeighbours(view.state, view.table, view.isAlternative)
  return view.table.groups.map((group, index) =>
    group.level === 'network' ? standsPolarized(view, group, index, neighbours) : undefined,
  )
}

function standsPolarized(
  view: AnalyzerView,
  group: ClientGroup,
  index: number,
  neighbours: Neighbours,
): Assertion | undefined {
  const { state, table } = view
  const gathered = gatheredAtOneSite(view, group)
  if (!gathered) return undefined
  const { site, there } = gathered
  const spread = networkSpread(state, table, group.asn!)
  if (!spread.several && !isInManyPlaces(view, there)) return undefined
  const possibleOf = possibleAt(view, group, site, neighbours)
  const everyone = compareRtts(state, there, possibleOf)
  if (!everyone || everyone.measuredWeight < knownShare * weightOf(state, there)) return undefined
  const far = farCountries(view, there, possibleOf)
  // One country that is badly served is a bad catchment there, not a network drawn to one site.
  if (spread.several && countriesHeld(state, table, spread, far).length < 2) return undefined
  const evidence = compareRtts(state, far, possibleOf)
  if (!evidence || evidence.samples < standingSamplesMin) return undefined
  if (evidence.farPrefixes < unlikelyByChance(everyone.prefixesMeasured)) return undefined
  if (evidence.farWeight < goodPart * everyone.measuredWeight) return undefined
  const isPair = spread.countries.length === 2
  if (isPair && evidence.difference.low < badCatchmentMicros) return undefined
  // Two countries at one site may be chance as well as routing: nobody is asked to look.
  const isThin = evidence.measuredWeight < alarmWeightMin
  const severity = isPair || isThin ? 'note' : 'ticket'
  return assertPolarization(view, index, far, { severity, evidence, siteTo: site })
}

/** The site where a network is at home with nearly all its weight, and who is there. */
function gatheredAtOneSite(
  view: AnalyzerView,
  group: ClientGroup,
): { readonly site: number; readonly there: readonly number[] } | undefined {
  const { state } = view
  const all = group.members.filter((prefix) => state.handshakes[prefix]! > 0)
  const members = all.filter((prefix) => state.claimed[prefix] === 0)
  // Where a finding speaks of most of the network already, the rest is not another cause.
  if (members.length < prefixesMin || members.length * 2 < all.length) return undefined
  const site = heaviest(state, members, (prefix) => state.current[prefix]!)
  const there = members.filter((prefix) => settledAt(state, prefix, site))
  // The clients of a silent sensor have not come here: they keep the weight they had.
  const lastWeights = (prefixes: readonly number[]): number[] =>
    prefixes.map((prefix) => lastWeightPerSecond(state, prefix))
  const weights = lastWeights(there)
  const sum = weights.reduce((left, right) => left + right, 0)
  const total = lastWeights(members).reduce((left, right) => left + right, 0)
  // One client's burst does not gather a network.
  const most = Math.max(...weights, 0)
  return sum - most >= polarizedShare * (total - most) ? { site, there } : undefined
}

/** Whether the RTTs of prefixes at one site differ as they only can from many places. */
function isInManyPlaces({ state }: AnalyzerView, there: readonly number[]): boolean {
  const measured = there.filter(
    (prefix) => keptSamples(state, findPair(state, prefix, state.current[prefix]!)) > 0,
  )
  const rtts = measured.map((prefix) =>
    pairMedianMicros(state, findPair(state, prefix, state.current[prefix]!)),
  )
  const equal = rtts.map(() => 1)
  const low = weightedQuantile(rtts, equal, 0.1)
  const high = weightedQuantile(rtts, equal, 0.9)
  if (rtts.length < manyPlacesPrefixesMin) return false
  return high!.value - low!.value >= manyPlacesMicros
}

/** What a prefix could have: what its neighbours have; where no site is nearer, what it has. */
function possibleAt(
  { state, table }: AnalyzerView,
  group: ClientGroup,
  site: number,
  neighbours: Neighbours,
): (prefix: number) => PossibleRtt | undefined {
  const byCountry = new Map<number, PossibleRtt | 'nothing_nearer' | undefined>()
  return (prefix) => {
    const country = table.country(prefix)
    if (!byCountry.has(country)) {
      const query = { asn: group.asn!, country, ipVersion: group.ipVersion, site }
      byCountry.set(country, neighbours.possible(query))
    }
    const possible = byCountry.get(country)
    if (possible !== 'nothing_nearer') return possible
    const pair = findPair(state, prefix, site)
    return { micros: pairMedianMicros(state, pair), source: 'neighbours' }
  }
}

/** The prefixes of the countries where the network as a whole is far: single ones are noise. */
function farCountries(
  { state, table }: AnalyzerView,
  there: readonly number[],
  possibleOf: (prefix: number) => PossibleRtt | undefined,
): readonly number[] {
  const byCountry = Map.groupBy(there, (prefix) => table.country(prefix))
  return [...byCountry.values()].flatMap((prefixes) => {
    const evidence = compareRtts(state, prefixes, possibleOf)
    if (!evidence || evidence.difference.value < farMicros) return []
    return evidence.difference.low > 0 ? prefixes : []
  })
}
