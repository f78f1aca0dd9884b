import { Segment } from '@goldpan/packet'
import { describe, expect, it } from 'vitest'
import { MiddleSynackTimes } from './middle-synack-times.ts'

const ack = Object.assign(new Segment(), { seconds: 10, nanoseconds: 500 })

describe('the times of middle SYN-ACKs', () => {
  it('tells the one that a TSval names among those of many handshakes', () => {
    const middles = new MiddleSynackTimes()
    for (let sequence = 0; sequence < 40_000; sequence++) middles.add(sequence, 1, sequence, 7)
    middles.add(3, 9, 0, 8)
    expect(middles.count(3, 7)).toBe(1)
    expect(middles.count(3, 8)).toBe(1)
    expect(middles.count(3, 9)).toBe(0)
    expect(middles.nanosUntil(3, 8, ack)).toBe(1e9 + 500)
    expect(middles.nanosUntil(16_384 + 3, 7, ack)).toBe(9e9 + 500 - 16_384 - 3)
    expect(middles.nanosUntil(50_000, 7, ack)).toBeNaN()
  })

  it('lets the oldest give way', () => {
    const middles = new MiddleSynackTimes()
    for (let sequence = -5; sequence < 65_536; sequence++) middles.add(sequence, 1, 0, 7)
    expect([-5, -1, 0, 65_535].map((sequence) => middles.count(sequence, 7))).toEqual([0, 0, 1, 1])
  })

  it('looks at a bounded number of a handshake that was repeated without end', () => {
    const middles = new MiddleSynackTimes()
    for (let time = 0; time < 65_536; time++) middles.add(1, time, 0, 7)
    expect(middles.count(1, 7)).toBe(256)
  })
})
