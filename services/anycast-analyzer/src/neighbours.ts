import { findPair, type PrefixState } from './prefix-columns.ts'
import { keptSamples, pairMedianMicros, weightPerSecond } from './prefix-state.ts'
import type { ClientGroup, PrefixTable } from './prefix-table.ts'
import type { PossibleRtt } from './rtt-evidence.ts'
import { farMicros, neighbourNetworksMin, neighbourSamplesMin } from './threshold.ts'
import { weightedQuantile } from './weighted-quantile.ts'

/** What the other networks of a country reach: the RTT that a network there could have. */
export interface Neighbours {
  /**
   * The RTT that the neighbours of `asn` in `country` have at their best site.
   * `nothing_nearer` when that is `site` itself or when `site` is not what makes the difference;
   * undefined where too few neighbours are known.
   */
  possible(query: NeighbourQuery): PossibleRtt | 'nothing_nearer' | undefined
}

export interface NeighbourQuery {
  readonly asn: number
  readonly country: number
  readonly ipVersion: 4 | 6
  /** Where the clients in question are. */
  readonly site: number
}

interface NetworkRtt {
  readonly asn: number
  readonly site: number
  readonly micros: number
}

/** Collects what every network reaches in every country, from the latest RTTs of its prefixes. */
export function createNeighbours(
  state: PrefixState,
  table: PrefixTable,
  isAlternative: (site: number, ipVersion: 4 | 6) => boolean,
): Neighbours {
  const bySide = new Map<number, NetworkRtt[]>()
  for (const group of table.groups) {
    if (group.level === 'country') continue
    // Clients whose country is unknown are compared with the networks of the whole world.
    const key = sideKey(group.country ?? 0, group.ipVersion)
    const known = bySide.get(key) ?? []
    bySide.set(key, known)
    for (const rtt of networkRtts(state, group)) {
      if (isAlternative(rtt.site, group.ipVersion)) known.push(rtt)
    }
  }
  return {
    possible({ asn, country, ipVersion, site }) {
      for (const version of [ipVersion, ipVersion === 4 ? 6 : 4]) {
        const others = bySide.get(sideKey(country, version))?.filter((rtt) => rtt.asn !== asn) ?? []
        const best = bestOf(others)
        if (best.length < neighbourNetworksMin) continue
        return possibleAmong(others, best, site)
      }
      return undefined
    },
  }
}

function sideKey(country: number, ipVersion: number): number {
  return country * 8 + ipVersion
}

/** The median RTT of a network in a country at each site that enough of it was seen at. */
function networkRtts(state: PrefixState, group: ClientGroup): NetworkRtt[] {
  const bySite = new Map<number, { values: number[]; weights: number[]; samples: number }>()
  for (const prefix of group.members) {
    const weight = weightPerSecond(state, prefix)
    if (weight === 0) continue
    const pair = findPair(state, prefix, state.current[prefix]!)
    const samples = keptSamples(state, pair)
    if (samples === 0) continue
    const site = state.pairSite[pair]!
    const known = bySite.get(site) ?? { values: [], weights: [], samples: 0 }
    bySite.set(site, known)
    known.values.push(pairMedianMicros(state, pair))
    known.weights.push(weight)
    known.samples += samples
  }
  const rtts: NetworkRtt[] = []
  for (const [site, { values, weights, samples }] of bySite) {
    if (samples < neighbourSamplesMin) continue
    const micros = weightedQuantile(values, weights, 0.5)!.value
    rtts.push({ asn: group.asn!, site, micros })
  }
  return rtts
}

/** Each network's best site, fastest first. */
function bestOf(rtts: readonly NetworkRtt[]): NetworkRtt[] {
  const best = new Map<number, NetworkRtt>()
  for (const rtt of rtts) {
    const known = best.get(rtt.asn)
    if (!known || rtt.micros < known.micros) best.set(rtt.asn, rtt)
  }
  return [...best.values()].sort((left, right) => left.micros - right.micros)
}

/**
 * The (lower) median network's RTT. Networks differ in access as well as in site: where the
 * neighbours at the same site are about as fast as the best, the site is not what is slow.
 */
function possibleAmong(
  others: readonly NetworkRtt[],
  best: readonly NetworkRtt[],
  site: number,
): PossibleRtt | 'nothing_nearer' {
  const median = best[(best.length - 1) >> 1]!.micros
  const upTo = best.filter(({ micros }) => micros <= median)
  const elsewhere = upTo.filter((rtt) => rtt.site !== site)
  if (elsewhere.length * 2 <= upTo.length) return 'nothing_nearer'
  const here = others.filter((rtt) => rtt.site === site).map(({ micros }) => micros)
  here.sort((left, right) => left - right)
  const asGood = here.length > 0 && here[(here.length - 1) >> 1]! - median < farMicros
  if (asGood && here.length >= neighbourNetworksMin) return 'nothing_nearer'
  return { micros: median, source: 'neighbours' }
}
