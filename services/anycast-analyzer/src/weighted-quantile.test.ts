import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lehmer } from './hand-made-world.ts'
import { medianInPlace, weightedQuantile } from './weighted-quantile.ts'

describe('a weighted quantile', () => {
  it('lets a heavy value speak for its weight', () => {
    expect(weightedQuantile([10, 20, 30], [1, 1, 5], 0.5)!.value).toBe(30)
    expect(weightedQuantile([30, 10, 20], [1, 1, 1], 0.5)!.value).toBe(20)
  })

  it('has no interval from a few values, nor from one heavy one among many', () => {
    const few = weightedQuantile([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], 0.5)!
    expect([few.low, few.high]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
    const values = Array.from({ length: 20 }, (_, index) => index)
    const heavy = weightedQuantile(
      values,
      values.map((index) => (index === 7 ? 1000 : 1)),
      0.5,
    )!
    expect(heavy.low).toBe(Number.NEGATIVE_INFINITY)
  })

  it('is undefined without weight', () => {
    expect(weightedQuantile([], [], 0.5)).toBeUndefined()
    expect(weightedQuantile([1], [0], 0.5)).toBeUndefined()
  })

  it('equals the plain order statistic under equal weights', () => {
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(values, fc.constantFrom(0.1, 0.25, 0.5, 0.9), (list, p) => {
        const sorted = list.toSorted((left, right) => left - right)
        const rank = Math.max(Math.ceil(list.length * p - 1e-9), 1)
        const { value } = weightedQuantile(
          list,
          list.map(() => 3),
          p,
        )!
        expect(value).toBe(sorted[rank - 1])
      }),
    )
  })

  it('covers the true median in about 95 of 100 draws', () => {
    const random = lehmer(17)
    const covered = Array.from({ length: 1000 }, () => {
      const values = Array.from({ length: 60 }, () => random() ** 3)
      const { low, high } = weightedQuantile(
        values,
        values.map(() => 1),
        0.5,
      )!
      return low <= 0.125 && 0.125 <= high
    })
    expect(covered.filter(Boolean).length).toBeGreaterThan(930)
  })
})

it('finds the lower median in place', () => {
  fc.assert(
    fc.property(fc.uint32Array({ minLength: 1, maxLength: 16 }), (values) => {
      const sorted = [...values].sort((left, right) => left - right)
      expect(medianInPlace(Uint32Array.from(values), values.length)).toBe(
        sorted[(values.length - 1) >> 1],
      )
    }),
  )
})
