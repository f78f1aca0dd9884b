import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatAddress,
  formatPrefix,
  ipVersion,
  parseAddress,
  parsePrefix,
  writePrefix,
} from './address.ts'

const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** Addresses with runs of zero groups, where RFC 5952 has its rules. */
const sparseBytes = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xff, 0x0abc), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])))

describe('an address', () => {
  it('comes back from its text', () => {
    fc.assert(
      fc.property(fc.oneof(sixteenBytes, sparseBytes), (bytes) => {
        expect(parseAddress(formatAddress(bytes))).toEqual(bytes)
      }),
    )
  })

  it('is written as RFC 5952 and the platform write it', () => {
    fc.assert(
      fc.property(fc.oneof(sixteenBytes, sparseBytes), (bytes) => {
        const text = formatAddress(bytes)
        if (ipVersion(bytes) === 4) return expect(isIPv4(text)).toBe(true)
        const platform = new SocketAddress({ address: text, family: 'ipv6' }).address
        // The platform writes deprecated IPv4-compatible addresses with a dotted tail; we never do.
        if (!platform.includes('.')) expect(text).toBe(platform)
      }),
    )
  })

  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('reads %s and writes %s', (text, canonical) => {
    expect(formatAddress(parseAddress(text)!)).toBe(canonical)
  })

  it('refuses exactly what the platform refuses', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'0123456789abf:.%/ '), maxLength: 24 })
    fc.assert(
      fc.property(soup, (text) => {
        const valid = isIPv4(text) || (isIPv6(text) && !text.includes('%'))
        expect(parseAddress(text) !== undefined).toBe(valid)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a prefix', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2::3', '2001:db8:1::/48'],
  ])('of %s is %s', (address, prefix) => {
    const target = new Uint8Array(16)
    writePrefix(parseAddress(address)!, 0, target, 0)
    expect(formatPrefix(target)).toBe(prefix)
  })

  it('clears the bits beyond its length and counts them in the mapped form', () => {
    expect(parsePrefix('192.0.2.255/25')).toEqual({ bytes: parseAddress('192.0.2.128'), bits: 121 })
    expect(parsePrefix('2001:db8:ffff::/33')).toEqual({
      bytes: parseAddress('2001:db8:8000::'),
      bits: 33,
    })
    expect(parsePrefix('0.0.0.0/0')!.bits).toBe(96)
  })

  it.each(['192.0.2.0/33', '2001:db8::/129', '192.0.2.0/', '192.0.2/24', '/24', 'x', '1.2.3.4/-1'])(
    'is not read from %s',
    (text) => expect(parsePrefix(text)).toBeUndefined(),
  )
})
