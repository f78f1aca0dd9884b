import type { AnalyzerView, Assertion, Detector } from '../analyzer-view.ts'
import { countrySpread, unlikelyByChance } from '../country-spread.ts'
import { findMove, heaviest, type Move, weightBy, weightOf } from '../move.ts'
import { createNeighbours, type Neighbours } from '../neighbours.ts'
import { findPair } from '../prefix-columns.ts'
import { keptSamples, pairMedianMicros, settledAt } from '../prefix-state.ts'
import type { ClientGroup } from '../prefix-table.ts'
import { compareRtts, historyOf, type PossibleRtt, type RttEvidence } from '../rtt-evidence.ts'
import {
  badCatchmentMicros,
  farMicros,
  goodPart,
  polarizedShare,
  prefixesMin,
  samplesMin,
  standingSamplesMin,
} from '../threshold.ts'
import { weightedQuantile } from '../weighted-quantile.ts'

/**
 * A network that is in several countries is served by one site, though a good part of it has a
 * nearer one: by a move from several sites to one, or by standing.
 */
export const polarization: Detector = {
  kind: 'polarization',
  detect(view) {
    const moves = view.suspects('network').map((index) => polarizedByMove(view, index))
    return [...moves, ...(view.judgeStanding ? standing(view) : [])].filter(
      (assertion) => assertion !== undefined,
    )
  },
}

/** A site holds a real part of a network from this share of its weight on. */
const partShare = 0.05
/** Difference between prefixes of one network at one site that no one place has, microseconds. */
const manyPlacesMicros = 100_000
const manyPlacesPrefixesMin = 20
/** Part of a network's measured weight that must have a known alternative. */
const knownShare = 0.25

function polarizedByMove(view: AnalyzerView, index: number): Assertion | undefined {
  const { state, table } = view
  const group = table.groups[index]!
  const move = findMove(view, group.members, 0)
  if (!move) return undefined
  const moved = move.moved.filter((prefix) => state.current[prefix] === move.to)
  const seen = group.members.filter(
    (prefix) => state.handshakes[prefix]! > 0 && state.lastSeen[prefix]! > move.onsetMinute,
  )
  const total = weightOf(state, seen)
  const there = seen.filter((prefix) => state.current[prefix] === move.to)
  if (weightOf(state, there) < polarizedShare * total) return undefined
  if (!cameFromSeveral(view, move, moved, seen)) return undefined
  const evidence = compareRtts(state, moved, historyOf(state))
  if (!evidence || !isConvincing(evidence) || evidence.farPrefixes < prefixesMin) return undefined
  const measured = evidence.measuredWeight / (evidence.measuredWeight + evidence.unmeasuredWeight)
  if (evidence.farWeight < goodPart * measured * total) return undefined
  const question = { members: group.members, onsetMinute: move.onsetMinute }
  for (const site of new Set(moved.map((prefix) => state.home[prefix]!))) {
    if (!view.fates.serves(site, group.ipVersion, question)) return undefined
  }
  return assertion(view, index, moved, { move, evidence, siteTo: move.to })
}

/** Before: at least two sites and two countries; what moved lies in several countries, too. */
function cameFromSeveral(
  { state, table }: AnalyzerView,
  move: Move,
  moved: readonly number[],
  seen: readonly number[],
): boolean {
  const homes = weightBy(state, seen, (prefix) => state.home[prefix]!)
  const total = weightOf(state, seen)
  const before = [...homes.values()].filter((weight) => weight >= partShare * total)
  if (before.length < 2) return false
  const countries = countrySpread(state, table, moved)
  // Countries may be unknown: moving from two other sites to a third is enough then.
  if (countries.heaviest === 0) return new Set(move.moved.map((p) => state.home[p])).size > 1
  return countries.several
}

function isConvincing({ samples, prefixesMeasured }: RttEvidence): boolean {
  return samples >= samplesMin && prefixesMeasured >= prefixesMin
}

function standing(view: AnalyzerView): (Assertion | undefined)[] {
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
  const members = group.members.filter(
    (prefix) => state.handshakes[prefix]! > 0 && state.claimed[prefix] === 0,
  )
  // Where a finding speaks of most of the network already, the rest is not another cause.
  if (members.length < prefixesMin || members.length * 2 < withHandshakes(view, group)) {
    return undefined
  }
  const site = heaviest(state, members, (prefix) => state.current[prefix]!)
  const there = members.filter((prefix) => settledAt(state, prefix, site))
  const weight = weightOf(state, there)
  if (weight < polarizedShare * weightOf(state, members)) return undefined
  const countries = countrySpread(state, table, there)
  if (!countries.several && !isInManyPlaces(view, there)) return undefined
  const possibleOf = possibleAt(view, group, site, neighbours)
  const everyone = compareRtts(state, there, possibleOf)
  if (!everyone || everyone.measuredWeight < knownShare * weight) return undefined
  const far = farCountries(view, there, possibleOf)
  // One country that is badly served is a bad catchment there, not a network drawn to one site.
  if (countries.several && !countrySpread(state, table, far).several) return undefined
  const evidence = compareRtts(state, far, possibleOf)
  if (!evidence || evidence.samples < standingSamplesMin) return undefined
  const isPair = countries.countries.length === 2
  if (isPair && evidence.difference.low < badCatchmentMicros) return undefined
  if (evidence.farPrefixes < unlikelyByChance(everyone.prefixesMeasured)) return undefined
  if (evidence.farWeight < goodPart * everyone.measuredWeight) return undefined
  return assertion(view, index, far, { evidence, siteTo: site })
}

function withHandshakes({ state }: AnalyzerView, group: ClientGroup): number {
  return group.members.filter((prefix) => state.handshakes[prefix]! > 0).length
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

function assertion(
  { state, table }: AnalyzerView,
  index: number,
  members: readonly number[],
  what: { readonly move?: Move; readonly evidence: RttEvidence; readonly siteTo: number },
): Assertion {
  const { countries } = countrySpread(state, table, members)
  return {
    kind: 'polarization',
    group: index,
    countries: countries.map((country) => table.countries[country]!),
    members,
    siteTo: what.siteTo,
    ...(what.move ? { onsetMinute: what.move.onsetMinute } : {}),
    evidence: what.evidence,
  }
}
