import { describe, expect, it } from 'vitest'
import { createAnalyzerMemory } from './analyzer-memory.ts'
import { client, clientsOf, from, ordinary, runHandMadeWorld } from './hand-made-world.ts'
import {
  countKnownNetworks,
  describeBlindness,
  type KnownNetworks,
  learnNetworks,
} from './known-networks.ts'
import { decodeMemory, encodeMemory, type LiveMemory } from './memory-codec.ts'
import { createPrefixTable } from './prefix-table.ts'

const tableOf = (attributes: readonly (readonly [number, string])[]) => {
  const table = createPrefixTable()
  for (const [index, [asn, country]] of attributes.entries()) {
    table.add(new Uint8Array(16).fill(index), 0, asn, country)
  }
  return table
}
const memoryOf = (table: ReturnType<typeof tableOf>): LiveMemory => ({
  ...createAnalyzerMemory(),
  ...{ sites: [], weight: 'queries', table, decidedRows: new Map() },
})

describe('what is known of client prefixes', () => {
  it('is counted', () => {
    const known = countKnownNetworks(
      tableOf([
        [1, 'NL'],
        [1, ''],
        [0, 'NL'],
        [0, ''],
        [2, 'DE'],
      ]),
    )
    expect(known).toEqual({ networkAndCountry: 2, networkAlone: 1, countryAlone: 1, neither: 1 })
  })

  it('says what cannot be found where most of it is missing, and what to do', () => {
    const nothing = { networkAndCountry: 0, networkAlone: 0, countryAlone: 0, neither: 0 }
    expect(describeBlindness(nothing)).toBeUndefined()
    expect(describeBlindness({ ...nothing, networkAndCountry: 6, neither: 5 })).toBeUndefined()
    const say = (known: Partial<KnownNetworks>) => describeBlindness({ ...nothing, ...known })
    const told = [
      say({ neither: 7 }),
      say({ networkAndCountry: 1, countryAlone: 2 }),
      say({ networkAlone: 3 }),
    ]
    expect(told.map((one) => one!.kind)).toEqual(['neither', 'no_network', 'no_country'])
    const parts = told.map((one) => one!.sentence.split('; '))
    expect(parts.map(([what]) => what)).toEqual([
      'neither network nor country is known of all 7 client prefixes: nothing can be found there',
      'no network is known of 66 % of the 3 client prefixes: no polarization can be found ' +
        'there, only detours of whole countries',
      'no country is known of all 3 client prefixes: no detour of a country can be found ' +
        'there, only what concerns a whole network',
    ])
    for (const [, what, when] of parts) {
      expect([what, when]).toEqual([
        'give goldpan estimate a file with --networks (prefix, asn, name, country)',
        'it counts for what comes from then on',
      ])
    }
  })

  it('is really all that can be found: the same move, told with less and less', () => {
    const moved = clientsOf(6, client(7, 'BR', { site: (now) => from(70, 'ams')('BR')(now) }))
    const kinds = (forget: (one: (typeof moved)[number]) => object) => {
      const clients = [...ordinary, ...moved].map((one) => ({ ...one, ...forget(one) }))
      return runHandMadeWorld(clients, 100).findings.map(({ kind }) => kind)
    }
    expect(kinds(() => ({}))).toEqual(['detour_by_site'])
    expect(kinds(() => ({ country: '' }))).toEqual(['detour_by_site'])
    expect(kinds(() => ({ asn: 0 }))).toEqual([])
    expect(kinds(() => ({ asn: 0, country: '' }))).toEqual([])
  })
})

describe('networks that are learned late', () => {
  it('group prefixes as if they were restored so, and what was known stays', () => {
    const before = tableOf([
      [0, ''],
      [5, 'NL'],
      [0, 'DE'],
      [6, ''],
    ])
    const learned = new Map([
      [0, { asn: 6, country: 'FR' }],
      [1, { asn: 9, country: 'XX' }],
      [2, { asn: 5, country: 'XX' }],
    ])
    const { table } = learnNetworks(memoryOf(before), learned)
    const attributes = [0, 1, 2, 3].map((prefix) => {
      return [table.asn(prefix), table.countries[table.country(prefix)]]
    })
    expect(attributes).toEqual([
      [6, 'FR'],
      [5, 'NL'],
      [5, 'DE'],
      [6, ''],
    ])
    const restored = decodeMemory(encodeMemory(memoryOf(table)))
    if (!restored.ok) throw new Error(restored.error)
    expect(restored.value.table.groups).toEqual(table.groups)
    expect(table.groups[table.groupOf(0, 'network')]!.members).toEqual([0, 3])
  })
})
