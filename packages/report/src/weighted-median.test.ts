import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { weightedQuantiles } from './weighted-median.ts'

const samples = fc.array(fc.tuple(fc.nat(1000), fc.nat(9)), { minLength: 1, maxLength: 60 })

describe('quantiles of weighted values', () => {
  it('are those of each value repeated as often as it weighs', () => {
    fc.assert(
      fc.property(samples, (pairs) => {
        const values = pairs.map(([value]) => value)
        const weights = pairs.map(([, weight]) => weight)
        const repeated = pairs
          .flatMap(([value, weight]) => Array.from({ length: weight }, () => value))
          .sort((left, right) => left - right)
        const found = weightedQuantiles(values, weights)
        if (repeated.length === 0) {
          expect(found).toBeUndefined()
          return
        }
        const at = (level: number) => repeated[Math.ceil(level * repeated.length) - 1]
        expect(found).toMatchObject({ p25: at(0.25), p50: at(0.5), p75: at(0.75) })
        expect(found!.n).toBe(weights.filter((weight) => weight > 0).length)
        expect(found!.low).toBeLessThanOrEqual(found!.p50)
        expect(found!.high).toBeGreaterThanOrEqual(found!.p50)
      }),
    )
  })
})
