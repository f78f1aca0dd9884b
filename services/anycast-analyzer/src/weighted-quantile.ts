/** Quantiles of weighted values with distribution-free intervals. */

export interface WeightedQuantile {
  readonly value: number
  /** 95 % interval from order statistics; ±Infinity where the sample is too small for one. */
  readonly low: number
  readonly high: number
}

const z95 = 1.96
/** Below six values a median has no 95 % interval: 2 · 0.5^5 = 6 %. */
const intervalMin = 6

/**
 * The p-quantile of `values` with `weights`. The interval takes Kish's effective sample size
 * (Σw)² / Σw² for n, so that one heavy value counts as about one observation.
 * Undefined without weight.
 */
export function weightedQuantile(
  values: readonly number[],
  weights: readonly number[],
  p: number,
): WeightedQuantile | undefined {
  let sum = 0
  let squares = 0
  for (const weight of weights) {
    sum += weight
    squares += weight * weight
  }
  if (!(sum > 0)) return undefined
  const order = values
    .map((_, index) => index)
    .sort((left, right) => values[left]! - values[right]!)
  const n = (sum * sum) / squares
  const spread = n < intervalMin ? 1 : z95 * Math.sqrt((p * (1 - p)) / n)
  const at = (share: number): number => {
    if (share < 0) return Number.NEGATIVE_INFINITY
    if (share > 1) return Number.POSITIVE_INFINITY
    const wanted = share * sum * (1 - 1e-12)
    let reached = 0
    for (const index of order) {
      reached += weights[index]!
      if (reached >= wanted) return values[index]!
    }
    return values[order.at(-1)!]!
  }
  return { value: at(p), low: at(p - spread), high: at(p + spread) }
}

/** Middle of the first `length` values (the lower of two); sorts them in place. */
export function medianInPlace(values: Uint32Array, length: number): number {
  for (let index = 1; index < length; index++) {
    const value = values[index]!
    let at = index - 1
    while (at >= 0 && values[at]! > value) {
      values[at + 1] = values[at]!
      at--
    }
    values[at + 1] = value
  }
  return values[(length - 1) >> 1]!
}
