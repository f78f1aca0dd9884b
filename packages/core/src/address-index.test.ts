import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressIndex } from './address-index.ts'

const addresses = fc.array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 900 })

/** 16 bytes of each, few of them different. */
const bytesOf = (pairs: readonly (readonly [number, number])[]): Uint8Array =>
  Uint8Array.from(pairs.flatMap(([first, last]) => [first, ...new Uint8Array(14).fill(7), last]))

describe('an address index', () => {
  it('numbers addresses in the order of their first time, alone and many at once', () => {
    fc.assert(
      fc.property(addresses, fc.nat(3), (pairs, shift) => {
        const known = new Map<string, number>()
        const expected = pairs.map((pair) => {
          const number = known.get(String(pair)) ?? known.size
          known.set(String(pair), number)
          return number
        })
        // Addresses may lie anywhere in a buffer.
        const buffer = new Uint8Array(shift + pairs.length * 16)
        const bytes = buffer.subarray(shift)
        bytes.set(bytesOf(pairs))
        const together = createAddressIndex(16)
        const alone = createAddressIndex(16)
        expect([...together.addAll(bytes, pairs.length)]).toEqual(expected)
        expect(pairs.map((_, row) => alone.add(bytes, row * 16))).toEqual(expected)
        expect([...together.findAll(bytes, pairs.length)]).toEqual(expected)
        expect(pairs.map((_, row) => together.find(bytes, row * 16))).toEqual(expected)
        expect(together.length).toBe(known.size)
        for (const [row, number] of expected.entries()) {
          const own = together.bytes().subarray(number * 16, number * 16 + 16)
          expect([...own]).toEqual([...bytes.subarray(row * 16, row * 16 + 16)])
        }
      }),
      { numRuns: 50 },
    )
  })

  it('says -1 of addresses that were not added', () => {
    const index = createAddressIndex(16)
    index.addAll(bytesOf([[1, 2]]), 1)
    expect([
      ...index.findAll(
        bytesOf([
          [1, 3],
          [1, 2],
        ]),
        2,
      ),
    ]).toEqual([-1, 0])
    expect(index.length).toBe(1)
  })
})
