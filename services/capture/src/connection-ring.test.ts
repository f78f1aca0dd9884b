import { Segment } from '@goldpan/packet'
import { describe, expect, it } from 'vitest'
import { ConnectionRing, ringWord } from './connection-ring.ts'

/** A segment between 10.0.0.x and 192.0.2.53. */
function segmentAt(seconds: number, client = 1): Segment {
  const segment = new Segment()
  segment.buffer = Uint8Array.from([10, 0, 0, client, 192, 0, 2, 53])
  segment.seconds = seconds
  return segment
}

const clientOffset = 0
const serverOffset = 4
const ports = (40_000 << 16) | 53

function createRing(entriesMax: number) {
  const left: { number: number; evicted: boolean }[] = []
  const ring: ConnectionRing = new ConnectionRing(entriesMax, (offset, evicted) => {
    left.push({ number: ring.words[offset + ringWord.number]!, evicted })
  })
  const add = (number: number, segment: Segment) =>
    ring.add(number, segment, ports, clientOffset, serverOffset)
  const has = (number: number, segment: Segment) =>
    ring.find(number, segment, ports, clientOffset, serverOffset) >= 0
  return { ring, left, add, has }
}

describe('the ring of connections', () => {
  it('finds every entry while it grows, also where it has wrapped before', () => {
    const { ring, left, add, has } = createRing(2 ** 15)
    const numberOf = (index: number): number => Math.imul(index, 0x9e37_79b1)
    // 3000 expire after a minute, so that the ring starts to grow in the middle of a lap.
    for (let index = 0; index < 3000; index++) add(numberOf(index), segmentAt(0))
    for (let index = 3000; index < 30_000; index++) add(numberOf(index), segmentAt(61))
    expect(left.length).toBe(3000)
    expect(ring.size).toBe(27_000)
    for (let index = 0; index < 30_000; index++) {
      expect(has(numberOf(index), segmentAt(61))).toBe(index >= 3000)
    }
  })

  it('lets the oldest go at its bound and keeps the rest', () => {
    const { left, add, has } = createRing(8192)
    for (let number = 1; number <= 10_000; number++) add(number, segmentAt(0))
    expect(left.map(({ number }) => number)).toEqual(
      Array.from({ length: 10_000 - 8192 }, (_, index) => index + 1),
    )
    expect(left.every(({ evicted }) => evicted)).toBe(true)
    for (let number = 1; number <= 10_000; number++) {
      expect(has(number, segmentAt(0))).toBe(number > 10_000 - 8192)
    }
  })

  it('tells equal numbers of different clients apart and finds the newest of one', () => {
    const { ring, add } = createRing(8192)
    const older = add(7, segmentAt(1))
    const newer = add(7, segmentAt(2))
    const other = add(7, segmentAt(3, 2))
    const find = (client: number) =>
      ring.find(7, segmentAt(3, client), ports, clientOffset, serverOffset)
    expect(find(1)).toBe(newer)
    expect(find(2)).toBe(other)
    expect(older).not.toBe(newer)
  })

  it('says of hardly any number that was never added that it may be there', () => {
    const { ring, add } = createRing(8192)
    for (let number = 0; number < 2000; number++) add(number, segmentAt(0))
    let wrong = 0
    for (let number = 10_000; number < 20_000; number++) if (ring.mayHold(number, ports)) wrong++
    expect(wrong).toBeLessThan(1000)
  })
})
