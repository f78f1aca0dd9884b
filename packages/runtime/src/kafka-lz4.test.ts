import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compressLz4, decompressLz4 } from './kafka-lz4.ts'

/** Runs of one byte and bytes at random: what compresses and what does not. */
const content = fc
  .array(
    fc.oneof(
      fc.record({ byte: fc.nat(255), times: fc.nat(100_000) }),
      fc.uint8Array({ maxLength: 2000 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) =>
    Buffer.concat(
      parts.map((part) => ('byte' in part ? Buffer.alloc(part.times, part.byte) : part)),
    ),
  )

it('gives back what was compressed', () => {
  fc.assert(
    fc.property(content, (bytes) => {
      expect(decompressLz4(compressLz4(bytes), 2 ** 26).equals(bytes)).toBe(true)
    }),
  )
})

it('stops at its bound, however little claims to be much', () => {
  const bomb = compressLz4(Buffer.alloc(10_000_000))
  expect(bomb.length).toBeLessThan(100_000)
  expect(() => decompressLz4(bomb, 1_000_000)).toThrow('more than 1000000 bytes')
})

it('throws on what is no frame, or cut off', () => {
  expect(() => decompressLz4(Buffer.from('no frame at all'), 1000)).toThrow('no LZ4 frame')
  const frame = compressLz4(Buffer.from('some content that is long enough'))
  for (let length = 0; length < frame.length; length++) {
    expect(() => decompressLz4(frame.subarray(0, length), 1000)).toThrow()
  }
})
