import { describe, expect, it } from 'vitest'
import { sumCoverage, sumNetworks, sumSites } from './prefix-sums.ts'
import type { PrefixTotals } from './prefix-totals.ts'

type Row = readonly [
  version: number,
  prefix: number,
  site: number,
  network: number,
  handshakes: number,
  rttMicros: number,
  queries: number,
]

function totalsOf(rows: readonly Row[]): PrefixTotals {
  const column = (index: number): number[] => rows.map((row) => row[index]!)
  return {
    length: rows.length,
    version: Uint8Array.from(column(0)),
    prefix: Uint32Array.from(column(1)),
    site: Uint16Array.from(column(2)),
    network: Uint32Array.from(column(3)),
    handshakes: Uint32Array.from(column(4)),
    rttMicros: Uint32Array.from(column(5)),
    queries: Float64Array.from(column(6)),
  }
}

const codes = ['ams', 'syd']
const totals = totalsOf([
  [4, 0, 0, 64_500, 12, 5000, 100],
  [4, 0, 1, 64_500, 4, 90_000, 20],
  [4, 1, 0, 64_500, 0, 0, 50],
  [4, 2, 1, 0, 3, 7000, 10],
  [6, 3, 1, 64_501, 30, 8000, 400],
])

describe('sums over prefixes', () => {
  it('count a prefix at each of its sites', () => {
    const [ams, sydney4, sydney6] = sumSites(totals, codes, true)
    expect(ams).toMatchObject({
      ...{ site: 'ams', ipVersion: 4, queries: 150, handshakes: 12, prefixesSeen: 2 },
      ...{ prefixesMeasured: 1, prefixesCovered: 1, queriesCovered: 100 },
    })
    expect(ams!.rtt!.p50).toBe(5000)
    expect(sydney4).toMatchObject({ site: 'syd', ipVersion: 4, prefixesSeen: 2, handshakes: 7 })
    expect(sydney4!.rtt).toMatchObject({ p25: 7000, p50: 90_000, n: 2 })
    expect(sydney6).toMatchObject({ site: 'syd', ipVersion: 6, queriesCovered: 400 })
  })

  it('count a prefix once for coverage, and no network where none is known', () => {
    const [version4, version6] = sumCoverage(totals)
    expect(version4).toEqual({
      ...{ ipVersion: 4, handshakes: 19, queries: 180, queriesCovered: 120, prefixes: 3 },
      ...{ prefixesCovered: 1, networks: 1, networksCovered: 1 },
    })
    expect(version6).toMatchObject({ ipVersion: 6, prefixes: 1, networks: 1, networksCovered: 1 })
  })

  it('rank networks by weight, and say what each of their sites had', () => {
    const networks = sumNetworks(totals, codes, { byQueries: true, networksMax: 2 })
    expect(networks.map(({ asn }) => asn)).toEqual([64_501, 64_500])
    expect(networks[1]).toMatchObject({
      ...{ ipVersion: 4, queries: 170, handshakes: 16, prefixesSeen: 2, prefixesMeasured: 1 },
      sites: [
        { site: 'ams', queries: 150, handshakes: 12 },
        { site: 'syd', queries: 20, handshakes: 4 },
      ],
    })
    expect(networks[1]!.rtt).toMatchObject({ p50: 5000, p95: 90_000, n: 2 })
    expect(sumNetworks(totals, codes, { byQueries: false, networksMax: 1 })).toMatchObject([
      { asn: 64_501, ipVersion: 6 },
    ])
  })

  it('are empty of nothing', () => {
    expect(sumSites(totalsOf([]), codes, true)).toEqual([])
    expect(sumCoverage(totalsOf([]))).toEqual([])
  })
})
