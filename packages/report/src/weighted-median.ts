export interface WeightedQuantiles {
  readonly p25: number
  readonly p50: number
  readonly p75: number
  readonly p95: number
  /** 95 % interval of the median, from order statistics at the effective sample size. */
  readonly low: number
  readonly high: number
  /** Prefixes behind it. */
  readonly n: number
}

const z95 = 1.96

/** Room for the place of a value beside it in one number: 2²⁷ values below 2²⁶. */
const places = 2 ** 27

/**
 * Quantiles of prefixes weighted by their queries, or undefined without weight. The interval takes
 * Kish's effective sample size (Σw)²/Σw²: one heavy prefix does not make a sample large. Values are
 * whole numbers below 2²⁶ (a minute in microseconds).
 */
export function weightedQuantiles(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
): WeightedQuantiles | undefined {
  const keys = new Float64Array(values.length)
  let n = 0
  let total = 0
  let squares = 0
  for (let place = 0; place < keys.length; place++) {
    const weight = weights[place]!
    if (weight <= 0) continue
    keys[n++] = values[place]! * places + place
    total += weight
    squares += weight ** 2
  }
  if (total === 0) return undefined
  const sorted = keys.subarray(0, n).sort()
  const spread = z95 * Math.sqrt(0.25 / ((total * total) / squares))
  const levels = [0.25, 0.5, 0.75, 0.95, Math.max(0, 0.5 - spread), Math.min(1, 0.5 + spread)]
  const found = valuesAt(levels, { values, weights, sorted, total })
  const [p25, p50, p75, p95, low, high] = found as [number, number, number, number, number, number]
  return { p25, p50, p75, p95, low, high, n }
}

interface Sorted {
  readonly values: ArrayLike<number>
  readonly weights: ArrayLike<number>
  /** Values and places, ascending. */
  readonly sorted: Float64Array
  readonly total: number
}

/** The values below which these parts of the weight lie, in one pass over them. */
function valuesAt(
  levels: readonly number[],
  { values, weights, sorted, total }: Sorted,
): readonly number[] {
  const last = values[placeOf(sorted[sorted.length - 1]!)]!
  const found = levels.map(() => last)
  const ascending = levels.map((level, at) => ({ needed: level * total, at }))
  ascending.sort((left, right) => left.needed - right.needed)
  let seen = 0
  let next = 0
  for (let at = 0; at < sorted.length && next < ascending.length; at++) {
    const place = placeOf(sorted[at]!)
    seen += weights[place]!
    while (next < ascending.length && seen >= ascending[next]!.needed) {
      found[ascending[next++]!.at] = values[place]!
    }
  }
  return found
}

/** Faster than the remainder of a large number. */
const placeOf = (key: number): number => key - Math.floor(key / places) * places
