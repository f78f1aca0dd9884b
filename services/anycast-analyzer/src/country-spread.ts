import type { PrefixState } from './prefix-columns.ts'
import { weightPerSecond } from './prefix-state.ts'
import type { PrefixTable } from './prefix-table.ts'
import { wrongCountryShare } from './threshold.ts'

/** In which countries a set of prefixes really is, given that some countries are wrong. */
export interface CountrySpread {
  /** Indexes of the countries that hold a real part of the weight, heaviest first. */
  readonly countries: readonly number[]
  readonly heaviest: number
  /** Whether more prefixes lie outside the heaviest country than wrong countries explain. */
  readonly several: boolean
}

/** Part of the weight below which a country is not named. */
const namedShare = 0.03
/** Part of some prefixes' weight that makes a country one of theirs. */
const heldShare = 0.05
const surprise = 1e-3
/** The same as a one-sided normal quantile, for numbers whose binomial underflows. */
const surpriseDeviations = 3.09
const exactMax = 1000

/** The spread of `prefixes`; unknown countries are left out. */
export function countrySpread(
  state: PrefixState,
  table: PrefixTable,
  prefixes: readonly number[],
): CountrySpread {
  const weights = new Map<number, number>()
  const counts = new Map<number, number>()
  let total = 0
  let known = 0
  for (const prefix of prefixes) {
    const country = table.country(prefix)
    if (country === 0) continue
    const weight = weightPerSecond(state, prefix)
    weights.set(country, (weights.get(country) ?? 0) + weight)
    counts.set(country, (counts.get(country) ?? 0) + 1)
    total += weight
    known++
  }
  const ranked = [...weights].sort((left, right) => right[1] - left[1] || left[0] - right[0])
  const heaviest = ranked[0]?.[0] ?? 0
  const outside = known - (counts.get(heaviest) ?? 0)
  const real = outside >= unlikelyByChance(known)
  const named = ranked.filter(([country, weight]) => {
    if (country === heaviest) return true
    return real && weight >= namedShare * total
  })
  return { countries: named.map(([country]) => country), heaviest, several: named.length > 1 }
}

/** Where a network is, told by both its IP versions: in one a country may be a prefix or two. */
export function networkSpread(
  state: PrefixState,
  table: PrefixTable,
  network: number,
): CountrySpread {
  const everyone = table
    .groupsOfNetwork(network)
    .flatMap(({ members }) => members.filter((prefix) => state.handshakes[prefix]! > 0))
  return countrySpread(state, table, everyone)
}

/** The countries of a spread that hold a real part of the weight of `prefixes`. */
export function countriesHeld(
  state: PrefixState,
  table: PrefixTable,
  spread: CountrySpread,
  prefixes: readonly number[],
): readonly number[] {
  const weights = new Map<number, number>()
  let total = 0
  for (const prefix of prefixes) {
    const weight = weightPerSecond(state, prefix)
    const country = table.country(prefix)
    weights.set(country, (weights.get(country) ?? 0) + weight)
    total += weight
  }
  return spread.countries.filter((country) => (weights.get(country) ?? 0) >= heldShare * total)
}

/** The smallest number of wrong countries among `n` prefixes that chance does not explain. */
export function unlikelyByChance(n: number): number {
  if (n > exactMax) {
    const deviation = Math.sqrt(n * wrongCountryShare * (1 - wrongCountryShare))
    return Math.ceil(n * wrongCountryShare + surpriseDeviations * deviation) + 1
  }
  let probability = (1 - wrongCountryShare) ** n
  let upTo = probability
  let wrong = 0
  while (upTo < 1 - surprise && wrong < n) {
    probability *= ((n - wrong) / (wrong + 1)) * (wrongCountryShare / (1 - wrongCountryShare))
    upTo += probability
    wrong++
  }
  return Math.max(wrong + 1, 2)
}
