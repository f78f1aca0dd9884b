import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  rttBucket,
  rttBucketLowerMicros,
  rttBucketMiddleMicros,
  rttQuantile,
} from './rtt-histogram.ts'

const rtts = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 200 })

function histogramOf(samples: readonly number[]): Map<number, number> {
  const histogram = new Map<number, number>()
  for (const sample of samples) {
    histogram.set(rttBucket(sample), (histogram.get(rttBucket(sample)) ?? 0) + 1)
  }
  return histogram
}

it('puts every RTT at or above the lower edge of its bucket and below the next', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), (micros) => {
      const bucket = rttBucket(micros)
      expect(rttBucketLowerMicros(bucket)).toBeLessThanOrEqual(micros + 1e-6 * (micros + 1))
      expect(rttBucketLowerMicros(bucket + 1)).toBeGreaterThan(micros * (1 - 1e-9))
    }),
  )
})

it('answers the quantile of the samples to the width of a bucket', () => {
  fc.assert(
    fc.property(rtts, fc.constantFrom(0.25, 0.5, 0.75, 0.95), (samples, p) => {
      const sorted = samples.toSorted((left, right) => left - right)
      const exact = sorted[Math.max(Math.ceil(samples.length * p), 1) - 1]!
      expect(rttQuantile(histogramOf(samples), p)!.micros).toBe(
        rttBucketMiddleMicros(rttBucket(exact)),
      )
    }),
  )
})

it('keeps the estimate inside its interval and counts the samples', () => {
  fc.assert(
    fc.property(rtts, (samples) => {
      const median = rttQuantile(histogramOf(samples), 0.5)!
      expect(median.n).toBe(samples.length)
      expect(median.lowMicros).toBeLessThanOrEqual(median.micros)
      expect(median.highMicros).toBeGreaterThanOrEqual(median.micros)
    }),
  )
})

it('covers the true median in about 95 of 100 draws', () => {
  let state = 1
  const draw = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return 20_000 + Math.floor((state / 2_147_483_647) * 20_000)
  }
  const covered = Array.from({ length: 1000 }, () => {
    const interval = rttQuantile(histogramOf(Array.from({ length: 101 }, draw)), 0.5)!
    return interval.lowMicros <= 30_400 && 29_600 <= interval.highMicros
  })
  expect(covered.filter(Boolean).length).toBeGreaterThan(940)
})

it('has no quantile without samples', () => {
  expect(rttQuantile(new Map(), 0.5)).toBeUndefined()
})
