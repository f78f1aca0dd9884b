import { rttBucket } from '@goldpan/core'
import { describe, expect, it } from 'vitest'
import { binsMax, chooseBinSeconds, toDistributions, toTimeBins } from './rtt-bins.ts'

const row = (bin: number, counts: Readonly<Record<number, number>>) => ({
  ...{ site_code: 'ams', version: 4 as const, bin_number: bin },
  buckets: Object.keys(counts).map((micros) => rttBucket(Number(micros))),
  counts: Object.values(counts),
})

describe('bins of time', () => {
  it.each([
    [60, 60],
    [3600, 120],
    [86_400, 1800],
    [30 * 86_400, 86_400],
    [400 * 86_400, 9 * 86_400],
  ])('of %d s are %d s long', (spanSeconds, binSeconds) => {
    expect(chooseBinSeconds(0, spanSeconds * 1e6)).toBe(binSeconds)
    expect(spanSeconds / binSeconds).toBeLessThanOrEqual(binsMax)
  })

  it('have no median below ten handshakes', () => {
    const bins = toTimeBins([row(0, { 1000: 9 }), row(1, { 1000: 10 })], 60)
    expect(bins.map(({ micros, median }) => [micros, median !== undefined])).toEqual([
      [0, false],
      [60e6, true],
    ])
  })
})

describe('a distribution', () => {
  const [distribution] = toDistributions([
    row(0, { 1000: 30, 50000: 20 }),
    row(1, { 1000: 18, 50000: 32, 200000: 1 }),
  ])

  it('sums the bins, and its interval holds what a bucket may hide', () => {
    const { handshakes, p50 } = distribution!
    expect(handshakes).toBe(101)
    expect(p50.lowMicros).toBeLessThanOrEqual(1000)
    expect(p50.highMicros).toBeGreaterThanOrEqual(50_000)
  })

  it('has every handshake in the class of its RTT', () => {
    const classOf = (micros: number) =>
      distribution!.classes.find((each) => each.fromMicros <= micros && micros < each.toMicros)
    expect([1000, 50_000, 200_000].map((micros) => classOf(micros)?.handshakes)).toEqual([
      48, 52, 1,
    ])
  })
})
