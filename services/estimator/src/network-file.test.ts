import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatPrefix, type Prefix, parseAddress, parsePrefix } from '@goldpan/core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readNetworkTable } from './network-file.ts'
import { RangeEntries, RangeTable } from './range-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-networks-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function networkOf(files: readonly string[], address: string) {
  const table = readNetworkTable(files)
  if (!table.ok) throw new Error(table.error.message)
  const index = table.value.lookup(parseAddress(address)!, 0)
  return index < 0 ? undefined : table.value.network(index)
}

const csv = file(
  'networks.csv',
  [
    'country,prefix,asn,name,note',
    'NL,192.0.2.0/24,64496,"Example, Inc.",x',
    ',192.0.0.0/16,AS64497,Outer,',
    'DE,2001:db8::/32,64498,Six,',
    'FR,2001:db8:1::/48,,,',
  ].join('\r\n'),
)

describe('a table of networks', () => {
  it('takes the longest prefix of a CSV, columns by name', () => {
    expect(networkOf([csv], '192.0.2.9')).toEqual({
      asn: 64496,
      name: 'Example, Inc.',
      country: 'NL',
    })
    expect(networkOf([csv], '192.0.3.9')).toEqual({ asn: 64497, name: 'Outer' })
    expect(networkOf([csv], '2001:db8:1::1')).toEqual({ country: 'FR' })
    expect(networkOf([csv], '2001:db8:2::1')).toMatchObject({ asn: 64498 })
    expect(networkOf([csv], '203.0.113.1')).toBeUndefined()
  })

  it('recognises pfx2as by its content and takes the first origin', () => {
    const pfx2as = file('pfx2as', '192.0.2.0\t24\t64499_64500\n2001:db8::\t32\t64501,64502\n')
    expect(networkOf([pfx2as], '192.0.2.1')).toEqual({ asn: 64499 })
    expect(networkOf([pfx2as], '2001:db8::1')).toEqual({ asn: 64501 })
  })

  it('merges files: of each field the first that knows it speaks', () => {
    const origins = file('origins', '192.0.2.0\t24\t64499\n')
    expect(networkOf([origins, csv], '192.0.2.1')).toEqual({
      asn: 64499,
      name: 'Example, Inc.',
      country: 'NL',
    })
  })

  it('gives a /24 with finer prefixes to who holds most, a /48 to who holds it at all', () => {
    const fine = file(
      'fine.csv',
      [
        'prefix,asn',
        '192.0.2.0/26,1',
        '192.0.2.64/26,2',
        '192.0.2.128/25,2',
        '198.51.100.0/24,3',
        '198.51.100.0/30,4',
        '2001:db8:1:1::/64,5',
        '2001:db8:2::/47,6',
        '2001:db8:2:7::/64,7',
      ].join('\n'),
    )
    const asnOf = (address: string): number | undefined => networkOf([fine], address)?.asn
    expect(asnOf('192.0.2.0')).toBe(2)
    expect(asnOf('198.51.100.0')).toBe(3)
    expect(asnOf('2001:db8:1::')).toBe(5)
    expect(asnOf('2001:db8:2::')).toBe(6)
  })

  it('takes quotes, doubled quotes, a BOM, CRLF and blank lines', () => {
    const odd = file(
      'odd.csv',
      '\ufeff"name","prefix","asn"\r\n\r\n"The ""Best"", Inc.\nof all","192.0.2.0/24","1"\r\n',
    )
    expect(networkOf([odd], '192.0.2.1')).toEqual({ asn: 1, name: 'The "Best", Inc.\nof all' })
  })

  it('names the file, the line and what to do about a bad one', () => {
    const bad = file('bad.csv', 'prefix,asn\n192.0.2.0/24,1\n192.0.2.0/99,2\n')
    expect(readNetworkTable([bad])).toEqual({
      ok: false,
      error: {
        code: 'BAD_FILE',
        message: `${bad} line 3: 192.0.2.0/99 is no prefix; mend the line or leave it out`,
      },
    })
    const other = file('other.csv', 'network,as\n')
    expect(readNetworkTable([other])).toMatchObject({
      error: { message: `${other} line 1 lacks the column prefix: its header must name it` },
    })
    expect(readNetworkTable([join(folder, 'none')])).toMatchObject({
      error: { code: 'UNREADABLE' },
    })
  })

  it('says that an MMDB is damaged', () => {
    const cut = file('cut.mmdb', new Uint8Array(500))
    expect(readNetworkTable([cut])).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('it is binary, and no whole MMDB') },
    })
    const broken = file('broken.mmdb', Buffer.from('\xab\xcd\xefMaxMind.com\xff\xff\xff', 'latin1'))
    expect(readNetworkTable([broken])).toMatchObject({ ok: false, error: { code: 'BAD_FILE' } })
  })
})

function tableOf(list: readonly { readonly prefix: Prefix; readonly value: number }[]): RangeTable {
  const entries = new RangeEntries()
  for (const { prefix, value } of list) entries.add(prefix, value)
  return new RangeTable(entries)
}

describe('ranges', () => {
  const octet = fc.integer({ min: 0, max: 3 })
  const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'))
  const ipv6 = fc
    .tuple(octet, octet, octet)
    .map(([a, b, c]) => `${(0x2000 + a).toString(16)}:${b}:${c}::`)
  const prefix = fc.oneof(
    fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([base, bits]) => `${base}/${bits}`),
    fc.tuple(ipv6, fc.integer({ min: 1, max: 48 })).map(([base, bits]) => `${base}/${bits}`),
  )

  it('answer as trying every prefix does, the longest first', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(prefix, { maxLength: 20 }),
        fc.oneof(ipv4, ipv6),
        (texts, text) => {
          const entries = texts.map((entry, value) => ({ prefix: parsePrefix(entry)!, value }))
          const address = parseAddress(text)!
          const holds = ({ prefix: { bytes, bits } }: (typeof entries)[number]): boolean =>
            address.every((byte, index) => {
              const kept = Math.min(Math.max(bits - index * 8, 0), 8)
              return ((byte ^ bytes[index]!) & (0xff << (8 - kept)) & 0xff) === 0
            })
          const isSameFamily = (bits: number): boolean => (text.includes('.') ? bits >= 96 : true)
          const fitting = entries.filter((entry) => isSameFamily(entry.prefix.bits) && holds(entry))
          const longest = Math.max(-1, ...fitting.map((entry) => entry.prefix.bits))
          const found = tableOf(entries).lookup(address, 0)
          const wanted = fitting.filter((entry) => entry.prefix.bits === longest)
          // Two texts may be one prefix: either is right.
          if (wanted.length === 0) expect(found).toBe(-1)
          else expect(wanted.map(({ value }) => value)).toContain(found)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('hold what they are made of', () => {
    const prefix24 = parsePrefix('192.0.2.0/24')!
    expect(formatPrefix(prefix24.bytes)).toBe('192.0.2.0/24')
    expect(tableOf([{ prefix: prefix24, value: 5 }]).lookup(prefix24.bytes, 0)).toBe(5)
  })
})
