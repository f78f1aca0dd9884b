import { addressBytes } from '@goldpan/core'
import type { LiveMemory } from './memory-codec.ts'
import { createPrefixTable, type PrefixTable } from './prefix-table.ts'

/**
 * Of how many client prefixes the network and the country are known. Findings speak of networks,
 * of countries, or of networks in a country: of a prefix that has neither, nothing can be found.
 */
export interface KnownNetworks {
  readonly networkAndCountry: number
  readonly networkAlone: number
  readonly countryAlone: number
  readonly neither: number
}

/** Counts the prefixes of a table. */
export function countKnownNetworks(table: PrefixTable): KnownNetworks {
  let [networkAndCountry, networkAlone, countryAlone, neither] = [0, 0, 0, 0]
  for (let prefix = 0; prefix < table.length; prefix++) {
    const hasCountry = table.country(prefix) !== 0
    if (table.asn(prefix) !== 0) hasCountry ? networkAndCountry++ : networkAlone++
    else hasCountry ? countryAlone++ : neither++
  }
  return { networkAndCountry, networkAlone, countryAlone, neither }
}

/** What keeps findings from most of the prefixes: one kind, its share, and a sentence. */
export interface Blindness {
  readonly kind: 'neither' | 'no_network' | 'no_country'
  readonly sentence: string
}

const advice =
  'give goldpan estimate a file with --networks (prefix, asn, name, country); it counts for what ' +
  'comes from then on'

/** What cannot be found because networks or countries of most prefixes are unknown. */
export function describeBlindness(known: KnownNetworks): Blindness | undefined {
  const { networkAndCountry, networkAlone, countryAlone, neither } = known
  const all = networkAndCountry + networkAlone + countryAlone + neither
  const isMost = (prefixes: number): boolean => prefixes * 2 > all
  const of = (prefixes: number): string =>
    prefixes === all
      ? `all ${all} client prefixes`
      : `${Math.floor((100 * prefixes) / all)} % of the ${all} client prefixes`
  if (isMost(neither)) {
    const what = `neither network nor country is known of ${of(neither)}`
    return { kind: 'neither', sentence: `${what}: nothing can be found there; ${advice}` }
  }
  if (isMost(neither + countryAlone)) {
    const what = `no network is known of ${of(neither + countryAlone)}`
    const rest = 'no polarization can be found there, only detours of whole countries'
    return { kind: 'no_network', sentence: `${what}: ${rest}; ${advice}` }
  }
  if (isMost(neither + networkAlone)) {
    const what = `no country is known of ${of(neither + networkAlone)}`
    const rest = 'no detour of a country can be found there, only what concerns a whole network'
    return { kind: 'no_country', sentence: `${what}: ${rest}; ${advice}` }
  }
  return undefined
}

/** What rows say of a prefix that was known without. */
export interface LearnedNetwork {
  readonly asn: number
  readonly country: string
}

/**
 * The memory with what was learned of prefixes since they were first seen. Groups get new numbers,
 * in the order that a restored memory gives them: what follows is the same after a restart.
 */
export function learnNetworks(
  memory: LiveMemory,
  learned: ReadonlyMap<number, LearnedNetwork>,
): LiveMemory {
  if (learned.size === 0) return memory
  const { table: before } = memory
  const table = createPrefixTable(before.length)
  const bytes = before.bytes()
  for (let prefix = 0; prefix < before.length; prefix++) {
    const news = learned.get(prefix)
    const asn = before.asn(prefix) || (news?.asn ?? 0)
    const country = before.countries[before.country(prefix)] || (news?.country ?? '')
    table.add(bytes, prefix * addressBytes, asn, country)
  }
  const tracked = memory.tracked.map((finding) => {
    // What a finding's clients have in common was known, and is not learned anew.
    const [witness] = before.groups[finding.assertion.group]!.members
    const number = table.groupOf(witness!, finding.group.level)
    const assertion = { ...finding.assertion, group: number }
    return { ...finding, assertion, group: table.groups[number]! }
  })
  return { ...memory, table, tracked }
}
