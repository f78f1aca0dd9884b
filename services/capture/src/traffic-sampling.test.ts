import { createTrafficBatch } from '@goldpan/core'
import { buildUdpFrame, decodeSegment, linkType, Segment } from '@goldpan/packet'
import { describe, expect, it } from 'vitest'
import { TrafficCounter } from './traffic-counter.ts'

/** A counter, and queries of one client with one DNS id after the other. */
function createBench() {
  const batch = createTrafficBatch(1000)
  const counter = new TrafficCounter({
    ports: [53],
    sink: { trafficBatch: () => batch, trafficFull: () => {} },
  })
  const segment = new Segment()
  return {
    counter,
    query(seconds: number, count: number): void {
      for (let id = 0; id < count; id++) {
        const frame = buildUdpFrame({
          source: Uint8Array.of(198, 51, 100, 7),
          destination: Uint8Array.of(192, 0, 2, 53),
          ...{ sourcePort: 4321, destinationPort: 53 },
          payload: Uint8Array.of(id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0),
        })
        decodeSegment(segment, frame, 0, frame.length, linkType.ethernet)
        segment.seconds = seconds
        counter.observeUdp(segment)
      }
    },
    rows(): [number, number, number][] {
      counter.finish()
      return Array.from({ length: batch.length }, (_, row) => [
        batch.minuteSeconds[row]!,
        batch.udpQueries[row]!,
        batch.samplingRate[row]!,
      ])
    },
  }
}

describe('TrafficCounter.sample', () => {
  it('counts one in N for N, and says so in the row', () => {
    const { counter, query, rows } = createBench()
    counter.sample(16)
    query(60, 1600)
    expect(rows()).toEqual([[60, 1600, 16]])
    expect(counter.counters.sampled_out).toBe(1500)
  })

  it('adds up a minute in which the rate changed, under its highest rate', () => {
    const { counter, query, rows } = createBench()
    query(60, 160)
    counter.sample(16)
    query(61, 320)
    counter.sample(1)
    query(62, 5)
    query(120, 7)
    expect(rows()).toEqual([
      [60, 485, 16],
      [120, 7, 1],
    ])
  })

  it('sends no minute that was counted in part, and starts again with a whole one', () => {
    const { counter, query, rows } = createBench()
    query(60, 10)
    counter.sample(0)
    query(61, 10)
    query(120, 10)
    counter.sample(1)
    query(121, 10)
    query(180, 3)
    expect(rows()).toEqual([[180, 3, 1]])
    expect(counter.counters.minutes_given_up).toBe(1)
  })
})
