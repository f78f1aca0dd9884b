import { parseAddress } from '@goldpan/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createPrefixTable } from './prefix-table.ts'

it('numbers prefixes in the order in which they come, and finds them again', () => {
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(fc.array(address, { maxLength: 100 }), (addresses) => {
      const table = createPrefixTable(1)
      const known = new Map<string, number>()
      for (const bytes of addresses) {
        const number = table.add(bytes, 0, 1, 'NL')
        expect(number).toBe(known.get(bytes.join()) ?? known.size)
        known.set(bytes.join(), number)
      }
      for (const bytes of addresses) expect(table.find(bytes, 0)).toBe(known.get(bytes.join()))
      expect(table.length).toBe(known.size)
      expect(table.bytes().length).toBeGreaterThanOrEqual(known.size * 16)
    }),
  )
})

it('groups prefixes by network, country and IP version, where these are known', () => {
  const table = createPrefixTable()
  const add = (text: string, asn: number, country: string): number =>
    table.add(parseAddress(text)!, 0, asn, country)
  const first = add('192.0.2.0', 7, 'NL')
  const second = add('198.51.100.0', 7, 'DE')
  const six = add('2001:db8::', 7, 'NL')
  const unknown = add('203.0.113.0', 0, '')
  expect(table.groupOf(first, 'network')).toBe(table.groupOf(second, 'network'))
  expect(table.groupOf(first, 'network')).not.toBe(table.groupOf(six, 'network'))
  expect(table.groupOf(first, 'country')).not.toBe(table.groupOf(second, 'country'))
  expect(table.groups[table.groupOf(first, 'network')]!.members).toEqual([first, second])
  expect(table.groupOf(unknown, 'network')).toBe(-1)
  expect(table.groupOf(unknown, 'country')).toBe(-1)
})
