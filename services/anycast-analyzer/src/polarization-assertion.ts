import type { AnalyzerView, Assertion } from './analyzer-view.ts'
import { countriesHeld, networkSpread } from './country-spread.ts'

/** A network is polarized: the countries named are those of the affected prefixes. */
export function assertPolarization(
  { state, table }: AnalyzerView,
  index: number,
  members: readonly number[],
  what: Pick<Assertion, 'severity' | 'evidence' | 'siteTo' | 'onsetMinute'>,
): Assertion {
  const spread = networkSpread(state, table, table.asn(members[0]!))
  const countries = countriesHeld(state, table, spread, members)
  return {
    kind: 'polarization',
    group: index,
    countries: countries.map((country) => table.countries[country]!),
    members,
    ...what,
  }
}
