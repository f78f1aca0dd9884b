import type { PrefixTotals } from './prefix-totals.ts'
import type { CoverageRow, NetworkRow, SiteRow } from './report.ts'
import { weightedQuantiles } from './weighted-median.ts'

/** What a report says of sites, networks and coverage, as sums over prefixes. */

/** Handshakes that support a statement about a prefix or a network. */
const coveredMin = 10

/** Median RTTs and weights of measured prefixes, as they are gathered. */
class Medians {
  #values = new Float64Array(64)
  #weights = new Float64Array(64)
  #length = 0

  add({ rttMicros, queries, handshakes }: PrefixTotals, row: number, byQueries: boolean): void {
    if (handshakes[row] === 0) return
    if (this.#length === this.#values.length) {
      this.#values = doubled(this.#values)
      this.#weights = doubled(this.#weights)
    }
    this.#values[this.#length] = rttMicros[row]!
    this.#weights[this.#length++] = byQueries ? queries[row]! : handshakes[row]!
  }

  quantiles() {
    const end = this.#length
    return weightedQuantiles(this.#values.subarray(0, end), this.#weights.subarray(0, end))
  }
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2)
  larger.set(values)
  return larger
}

const keyOf = (number: number, version: number): number => number * 16 + version

function known<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const value = map.get(key) ?? create()
  map.set(key, value)
  return value
}

/** By site and IP version, in the order of codes. */
export function sumSites(
  totals: PrefixTotals,
  codes: readonly string[],
  byQueries: boolean,
): SiteRow[] {
  const sums = new Map<number, ReturnType<typeof noSite>>()
  const { length, site, version, queries, handshakes } = totals
  for (let row = 0; row < length; row++) {
    const create = (): ReturnType<typeof noSite> => noSite(codes[site[row]!]!, version[row]!)
    const sum = known(sums, keyOf(site[row]!, version[row]!), create)
    const isCovered = handshakes[row]! >= coveredMin
    sum.queries += queries[row]!
    sum.handshakes += handshakes[row]!
    sum.prefixesSeen++
    if (handshakes[row]! > 0) sum.prefixesMeasured++
    if (isCovered) sum.prefixesCovered++
    if (isCovered) sum.queriesCovered += queries[row]!
    sum.medians.add(totals, row, byQueries)
  }
  return [...sums]
    .sort(([left], [right]) => left - right)
    .map(([, { medians, ...sum }]) => ({ ...sum, rtt: medians.quantiles() }))
}

const noSite = (site: string, version: number) => ({
  ...{ site, ipVersion: version as 4 | 6, queries: 0, handshakes: 0 },
  ...{ prefixesMeasured: 0, prefixesSeen: 0, prefixesCovered: 0, queriesCovered: 0 },
  medians: new Medians(),
})

/** By IP version, all sites together: a prefix counts once. */
export function sumCoverage(totals: PrefixTotals): CoverageRow[] {
  const sums = new Map<number, ReturnType<typeof noCoverage>>()
  const { length, version, prefix, network, queries, handshakes } = totals
  for (let row = 0; row < length; ) {
    const sum = known(sums, version[row]!, () => noCoverage(version[row]!))
    let asn = 0
    let prefixHandshakes = 0
    let prefixQueries = 0
    do {
      asn = Math.max(asn, network[row]!)
      prefixHandshakes += handshakes[row]!
      prefixQueries += queries[row]!
      row++
    } while (row < length && prefix[row] === prefix[row - 1])
    sum.prefixes++
    sum.handshakes += prefixHandshakes
    sum.queries += prefixQueries
    if (prefixHandshakes >= coveredMin) {
      sum.prefixesCovered++
      sum.queriesCovered += prefixQueries
    }
    if (asn > 0) sum.byNetwork.set(asn, (sum.byNetwork.get(asn) ?? 0) + prefixHandshakes)
  }
  const byVersion = [...sums].sort(([left], [right]) => left - right)
  return byVersion.map(([, { byNetwork, ...sum }]) => ({
    ...sum,
    networks: byNetwork.size,
    networksCovered: [...byNetwork.values()].filter((count) => count >= coveredMin).length,
  }))
}

const noCoverage = (version: number) => ({
  ...{ ipVersion: version as 4 | 6, handshakes: 0, queries: 0, queriesCovered: 0 },
  ...{ prefixes: 0, prefixesCovered: 0 },
  byNetwork: new Map<number, number>(),
})

/** What the totals say of a network. */
export type NetworkSums = Omit<NetworkRow, 'name' | 'handshakeRtt'>

/** The heaviest networks, heaviest first, each with one row per IP version. */
export function sumNetworks(
  totals: PrefixTotals,
  codes: readonly string[],
  options: { readonly byQueries: boolean; readonly networksMax: number },
): NetworkSums[] {
  const { length, network, version } = totals
  const ranks = rankNetworks(totals, options)
  const sums = new Map<number, NetworkGathering>()
  for (let row = 0; row < length; row++) {
    const rank = ranks.get(network[row]!)
    if (rank === undefined) continue
    const create = () => new NetworkGathering(network[row]!, version[row]!)
    known(sums, keyOf(rank, version[row]!), create).add(totals, row, options.byQueries)
  }
  return [...sums]
    .sort(([left], [right]) => left - right)
    .map(([, gathering]) => gathering.finish(codes))
}

/** Places of the heaviest networks, heaviest first; of equals the lower number. */
function rankNetworks(
  { length, network, queries, handshakes }: PrefixTotals,
  { byQueries, networksMax }: { readonly byQueries: boolean; readonly networksMax: number },
): Map<number, number> {
  const weights = new Map<number, number>()
  const weight = byQueries ? queries : handshakes
  for (let row = 0; row < length; row++) {
    const asn = network[row]!
    if (asn > 0) weights.set(asn, (weights.get(asn) ?? 0) + weight[row]!)
  }
  const heaviest = [...weights]
    .sort((left, right) => right[1] - left[1] || left[0] - right[0])
    .slice(0, networksMax)
  return new Map(heaviest.map(([asn], rank) => [asn, rank]))
}

/** One network and IP version, as its prefixes come. */
class NetworkGathering {
  readonly #asn: number
  readonly #version: 4 | 6
  readonly #medians = new Medians()
  readonly #sites = new Map<number, { queries: number; handshakes: number }>()
  #queries = 0
  #handshakes = 0
  #prefixesSeen = 0
  #prefixesMeasured = 0
  /** Whether the prefix at hand was measured at a site before. */
  #isMeasured = false
  #prefix = -1

  constructor(asn: number, version: number) {
    this.#asn = asn
    this.#version = version as 4 | 6
  }

  add(totals: PrefixTotals, row: number, byQueries: boolean): void {
    const queries = totals.queries[row]!
    const handshakes = totals.handshakes[row]!
    if (totals.prefix[row] !== this.#prefix) {
      this.#prefix = totals.prefix[row]!
      this.#prefixesSeen++
      this.#isMeasured = false
    }
    if (handshakes > 0 && !this.#isMeasured) {
      this.#prefixesMeasured++
      this.#isMeasured = true
    }
    this.#queries += queries
    this.#handshakes += handshakes
    const site = known(this.#sites, totals.site[row]!, () => ({ queries: 0, handshakes: 0 }))
    site.queries += queries
    site.handshakes += handshakes
    this.#medians.add(totals, row, byQueries)
  }

  finish(codes: readonly string[]): NetworkSums {
    const sites = [...this.#sites].map(([site, counts]) => ({ site: codes[site]!, ...counts }))
    sites.sort(
      (left, right) =>
        right.queries - left.queries ||
        right.handshakes - left.handshakes ||
        (left.site < right.site ? -1 : 1),
    )
    return {
      asn: this.#asn,
      ipVersion: this.#version,
      queries: this.#queries,
      handshakes: this.#handshakes,
      prefixesSeen: this.#prefixesSeen,
      prefixesMeasured: this.#prefixesMeasured,
      rtt: this.#medians.quantiles(),
      sites,
    }
  }
}
