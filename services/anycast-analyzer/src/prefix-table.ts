import { addressBytes, createAddressIndex, ipVersion } from '@goldpan/core'

/**
 * Every client prefix of a service as a small number, with its network and country.
 *
 * Everything behind the reader works on these numbers: sixty thousand prefixes over a day are
 * tens of millions of rows, and none of them may cost an object or a string.
 */

export const groupLevels = ['country', 'network', 'network_in_country'] as const
export type GroupLevel = (typeof groupLevels)[number]

/** Clients that share an AS, a country, or both, in one IP version. */
export interface ClientGroup {
  readonly level: GroupLevel
  readonly ipVersion: 4 | 6
  /** Absent at level `country`. */
  readonly asn?: number
  /** Index into {@link PrefixTable.countries}; absent at level `network`. */
  readonly country?: number
  /** Prefix numbers, in the order in which they were added. */
  readonly members: number[]
}

export interface PrefixTable {
  readonly length: number
  /** Country codes by index; index 0 stands for unknown. */
  readonly countries: readonly string[]
  readonly groups: readonly ClientGroup[]
  /** Number of the prefix whose 16 bytes lie at `offset`, or -1. */
  find(bytes: Uint8Array, offset: number): number
  /** The numbers of `count` prefixes, one after the other in `bytes`. */
  findAll(bytes: Uint8Array, count: number): Int32Array
  /** Adds a prefix, or returns the number that it has. `asn` 0 and `country` '' are unknown. */
  add(bytes: Uint8Array, offset: number, asn: number, country: string): number
  /** 16 bytes of each prefix, one after the other. */
  bytes(): Uint8Array
  asn(prefix: number): number
  /** Index into {@link PrefixTable.countries}. */
  country(prefix: number): number
  ipVersion(prefix: number): 4 | 6
  /** Index into {@link PrefixTable.groups}, or -1 where the attribute is unknown. */
  groupOf(prefix: number, level: GroupLevel): number
  /** The groups of a network at level `network`, one for each IP version. */
  groupsOfNetwork(asn: number): readonly ClientGroup[]
}

/** An empty table with room for `prefixesExpected` before it first grows. */
export function createPrefixTable(prefixesExpected = 1024): PrefixTable {
  const index = createAddressIndex(prefixesExpected)
  const asns: number[] = []
  const countryOf: number[] = []
  const versions: (4 | 6)[] = []
  const countries = ['']
  const countryByCode = new Map([['', 0]])
  const book = createGroupBook()

  const countryIndex = (code: string): number => {
    const known = countryByCode.get(code)
    if (known !== undefined) return known
    countryByCode.set(code, countries.length)
    return countries.push(code) - 1
  }
  return {
    get length() {
      return index.length
    },
    countries,
    groups: book.groups,
    find: index.find,
    findAll: index.findAll,
    add(source, offset, asn, country) {
      const prefix = index.add(source, offset)
      if (prefix < asns.length) return prefix
      asns.push(asn)
      countryOf.push(countryIndex(country))
      versions.push(ipVersion(index.bytes(), prefix * addressBytes))
      book.join(prefix, { asn, country: countryOf[prefix]!, ipVersion: versions[prefix]! })
      return prefix
    },
    bytes: index.bytes,
    asn: (prefix) => asns[prefix]!,
    country: (prefix) => countryOf[prefix]!,
    ipVersion: (prefix) => versions[prefix]!,
    groupOf: book.groupOf,
    groupsOfNetwork: book.groupsOfNetwork,
  }
}

/** What decides the groups of a prefix; 0 is unknown. */
interface Attributes {
  readonly asn: number
  readonly country: number
  readonly ipVersion: 4 | 6
}

interface GroupBook {
  readonly groups: ClientGroup[]
  join(prefix: number, attributes: Attributes): void
  groupOf(prefix: number, level: GroupLevel): number
  groupsOfNetwork(asn: number): readonly ClientGroup[]
}

function createGroupBook(): GroupBook {
  const groups: ClientGroup[] = []
  const byKey = {
    country: new Map<number, number>(),
    network: new Map<number, number>(),
    network_in_country: new Map<number, number>(),
  }
  const byPrefix = {
    country: [] as number[],
    network: [] as number[],
    network_in_country: [] as number[],
  }
  const groupFor = (level: GroupLevel, { asn, country, ipVersion }: Attributes): number => {
    const hasAsn = level !== 'country'
    const hasCountry = level !== 'network'
    if ((hasAsn && asn === 0) || (hasCountry && country === 0)) return -1
    const key = keyOf(hasAsn ? asn : 0, hasCountry ? country : 0, ipVersion)
    const known = byKey[level].get(key)
    if (known !== undefined) return known
    byKey[level].set(key, groups.length)
    const who = { ...(hasAsn ? { asn } : {}), ...(hasCountry ? { country } : {}) }
    return groups.push({ level, ipVersion, members: [], ...who }) - 1
  }
  return {
    groups,
    join(prefix, attributes) {
      for (const level of groupLevels) {
        const group = groupFor(level, attributes)
        byPrefix[level][prefix] = group
        groups[group]?.members.push(prefix)
      }
    },
    groupOf: (prefix, level) => byPrefix[level][prefix]!,
    groupsOfNetwork: (asn) =>
      ([4, 6] as const)
        .map((version) => byKey.network.get(keyOf(asn, 0, version)))
        .filter((index) => index !== undefined)
        .map((index) => groups[index]!),
  }
}

/** 32 bits of network, at most 17 of country, 3 of version: a whole number below 2⁵³. */
function keyOf(asn: number, country: number, ipVersion: number): number {
  return (asn * 2 ** 17 + country) * 8 + ipVersion
}
