import { describe, expect, it } from 'vitest'
import { ConnectionKey } from './connection-key.ts'
import { ConnectionRing, entryWords, ringWord } from './connection-ring.ts'

function keyOf(client = 1): ConnectionKey {
  const key = new ConnectionKey()
  key.client = client
  key.server = 2
  key.ports = (40_000 << 16) | 53
  return key
}

function createRing(entriesMax: number) {
  const left: { number: number; evicted: boolean }[] = []
  const ring: ConnectionRing = new ConnectionRing(entriesMax, (offset, evicted) => {
    left.push({ number: ring.words[offset + ringWord.number]!, evicted })
  })
  const add = (number: number, seconds: number, client = 1) =>
    ring.add(number, keyOf(client), seconds)
  const has = (number: number) => ring.find(number, keyOf()) >= 0
  return { ring, left, add, has }
}

describe('the ring of connections', () => {
  it('finds every entry while it grows, also where it has wrapped before', () => {
    const { ring, left, add, has } = createRing(2 ** 15)
    const numberOf = (index: number): number => Math.imul(index, 0x9e37_79b1)
    // 3000 expire after a minute, so that the ring starts to grow in the middle of a lap.
    for (let index = 0; index < 3000; index++) add(numberOf(index), 0)
    for (let index = 3000; index < 30_000; index++) add(numberOf(index), 61)
    expect(left.length).toBe(3000)
    expect(ring.size).toBe(27_000)
    for (let index = 0; index < 30_000; index++) {
      expect(has(numberOf(index))).toBe(index >= 3000)
    }
  })

  it('takes again what expired, and knows every entry by its place', () => {
    const { ring } = createRing(2 ** 17)
    const highest = { offset: 0 }
    // 30,000 a minute: never more than 31,000 at a time, four laps of them.
    for (let index = 0; index < 120_000; index++) {
      const offset = ring.add(index, keyOf(), Math.floor(index / 500))
      highest.offset = Math.max(highest.offset, offset)
      if (ring.sequenceAt(offset) !== ring.newest || ring.offsetOf(ring.newest) !== offset) {
        expect.fail(`entry ${index} is not at its place`)
      }
    }
    expect(highest.offset / entryWords).toBeLessThan(48 * 1024)
  })

  it('lets the oldest go at its bound and keeps the rest', () => {
    const { left, add, has } = createRing(8192)
    for (let number = 1; number <= 10_000; number++) add(number, 0)
    expect(left.map(({ number }) => number)).toEqual(
      Array.from({ length: 10_000 - 8192 }, (_, index) => index + 1),
    )
    expect(left.every(({ evicted }) => evicted)).toBe(true)
    for (let number = 1; number <= 10_000; number++) {
      expect(has(number)).toBe(number > 10_000 - 8192)
    }
  })

  it('tells equal numbers of different clients apart and finds the newest of one', () => {
    const { ring, add } = createRing(8192)
    const older = add(7, 1)
    const newer = add(7, 2)
    const other = add(7, 3, 2)
    const find = (client: number) => ring.find(7, keyOf(client))
    expect(find(1)).toBe(newer)
    expect(find(2)).toBe(other)
    expect(older).not.toBe(newer)
  })

  it('keeps its chains short where a flood has all but the client equal', () => {
    const { ring, add } = createRing(2 ** 15)
    for (let client = 0; client < 30_000; client++) add(7, 0, client)
    const lengths = new Map<number, number>()
    for (let sequence = 0; sequence <= ring.newest; sequence++) {
      const next = ring.words[ring.offsetOf(sequence) + ringWord.next]!
      lengths.set(sequence, 1 + (lengths.get(next) ?? 0))
    }
    expect(lengths.size).toBe(30_000)
    expect(Math.max(...lengths.values())).toBeLessThan(64)
  })
})
