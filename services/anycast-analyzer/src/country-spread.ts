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
