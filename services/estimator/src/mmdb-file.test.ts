import { parseAddress } from '@goldpan/core'
import { describe, expect, it } from 'vitest'
import { readMmdb } from './mmdb-file.ts'
import { buildMmdb } from './mmdb-sample.ts'

function networkOf(bytes: Buffer, address: string) {
  const source = readMmdb('sample.mmdb', bytes)
  if (!source.ok) throw new Error(source.error.message)
  const index = source.value.ranges.lookup(parseAddress(address)!, 0)
  return index < 0 ? undefined : source.value.networks[index]
}

describe('an MMDB', () => {
  it('of the GeoLite2 layouts is read', () => {
    const asn = buildMmdb([
      [
        '192.0.2.0/24',
        { autonomous_system_number: 64496, autonomous_system_organization: 'Example, Inc.' },
      ],
    ])
    expect(networkOf(asn, '192.0.2.9')).toEqual({ asn: 64496, name: 'Example, Inc.' })
    const city = buildMmdb([
      ['2001:db8::/32', { city: { names: { en: 'Delft' } }, country: { iso_code: 'NL' } }],
    ])
    expect(networkOf(city, '2001:db8:1::1')).toEqual({ country: 'NL' })
  })

  it('of the IPinfo layouts is read', () => {
    const free = buildMmdb([
      ['192.0.2.0/24', { asn: 'AS64496', as_name: 'Example', country: 'NL', continent: 'EU' }],
      [
        '198.51.100.0/24',
        { asn: 'AS64497', name: 'Other', country_code: 'DE', country: 'Germany' },
      ],
    ])
    expect(networkOf(free, '192.0.2.9')).toEqual({ asn: 64496, name: 'Example', country: 'NL' })
    expect(networkOf(free, '198.51.100.1')).toEqual({ asn: 64497, name: 'Other', country: 'DE' })
  })

  it.each([24, 28, 32] as const)('takes the longest prefix, nodes of %i bits', (recordSize) => {
    const bytes = buildMmdb(
      [
        ['192.0.0.0/16', { asn: 'AS1' }],
        ['192.0.2.0/24', { asn: 'AS2' }],
        ['2001:db8::/32', { asn: 'AS3' }],
        ['2001:db8:7::/48', { asn: 'AS4' }],
      ],
      { recordSize },
    )
    const asns = [
      '192.0.9.1',
      '192.0.2.1',
      '2001:db8::1',
      '2001:db8:7::1',
      '203.0.113.1',
      '2a00::1',
    ]
    expect(asns.map((address) => networkOf(bytes, address)?.asn)).toEqual([
      ...[1, 2, 3, 4],
      ...[undefined, undefined],
    ])
  })

  it('that points out of itself is refused with the byte', () => {
    const bytes = buildMmdb([['192.0.2.0/24', { asn: 'AS1' }]], { recordSize: 24 })
    bytes.fill(0xff, 9, 12)
    expect(readMmdb('sample.mmdb', bytes)).toMatchObject({
      ok: false,
      error: {
        message:
          'sample.mmdb is a damaged MMDB ' +
          '(its tree points out of the file at byte 6): fetch it again',
      },
    })
  })

  it('with one undecodable record knows all others', () => {
    const good: [string, { asn: string }] = ['198.51.100.0/24', { asn: 'AS2' }]
    const bytes = buildMmdb([['192.0.2.0/24', { asn: 'AS1' }], good])
    const at = bytes.indexOf('AS1') - 6
    // A map that claims many entries more than the file has.
    bytes[at + 1] = 0xff
    bytes[at] = 0xff
    expect(networkOf(bytes, '192.0.2.1')).toBeUndefined()
    expect(networkOf(bytes, '198.51.100.1')).toEqual({ asn: 2 })
  })
})
