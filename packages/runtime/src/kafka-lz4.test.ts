import fc from 'fast-check'
import { expect, it } from 'vitest'
import { blockBound, compressBlock, compressLz4, decompressLz4 } from './kafka-lz4.ts'

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

/** Literals of the last sequence of a block, and where its last match begins. */
function readEnd(block: Uint8Array): { literals: number; lastMatch: number; length: number } {
  let [at, out, lastMatch] = [0, 0, -1]
  const more = (nibble: number): number => {
    let length = nibble
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) byte = block[at++]!
    return length
  }
  for (;;) {
    const token = block[at++]!
    const literals = more(token >> 4)
    at += literals
    out += literals
    if (at >= block.length) return { literals, lastMatch, length: out }
    lastMatch = out
    at += 2
    out += more(token & 15) + 4
  }
}

it('ends blocks as the format demands: brokers refuse others', () => {
  fc.assert(
    fc.property(content, (bytes) => {
      const block = bytes.subarray(0, 65_536)
      const room = new Uint8Array(blockBound(block.length))
      const end = readEnd(room.subarray(0, compressBlock(block, room)))
      expect(end.length).toBe(block.length)
      if (end.lastMatch < 0) return
      expect(end.literals).toBeGreaterThanOrEqual(5)
      expect(block.length - end.lastMatch).toBeGreaterThanOrEqual(12)
    }),
  )
})

it('stops at its bound, however little claims to be much', () => {
  const bomb = compressLz4(Buffer.alloc(10_000_000))
  expect(bomb.length).toBeLessThan(100_000)
  expect(() => decompressLz4(bomb, 1_000_000)).toThrow('too long')
})

it('throws on what is no frame, or cut off', () => {
  expect(() => decompressLz4(Buffer.from('no frame at all'), 1000)).toThrow('no LZ4 frame')
  const frame = compressLz4(Buffer.from('some content that is long enough'))
  for (let length = 0; length < frame.length; length++) {
    expect(() => decompressLz4(frame.subarray(0, length), 1000)).toThrow()
  }
})
