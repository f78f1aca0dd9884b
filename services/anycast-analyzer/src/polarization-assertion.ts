import type { AnalyzerView, Assertion } from './analyzer-view.ts'
import { countrySpread } from './country-spread.ts'

/** A network is polarized: the countries named are those of the affected prefixes. */
export function assertPolarization(
  { state, table }: AnalyzerView,
  index: number,
  members: readonly number[],
  what: Pick<Assertion, 'severity' | 'evidence' | 'siteTo' | 'onsetMinute'>,
): Assertion {
  const { countries } = countrySpread(state, table, members)
  return {
    kind: 'polarization',
    group: index,
    countries: countries.map((country) => table.countries[country]!),
    members,
    ...what,
  }
}
