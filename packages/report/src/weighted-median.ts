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
  values: readonly number[],
  weights: readonly number[],
): WeightedQuantiles | undefined {
  const keys = new Float64Array(values.length)
  for (let place = 0; place < keys.length; place++) keys[place] = values[place]! * places + place
  const order = keys
    .sort()
    .map((key) => key % places)
    .filter((place) => weights[place]! > 0)
  let total = 0
  let squares = 0
  for (const place of order) {
    total += weights[place]!
    squares += weights[place]! ** 2
  }
  if (total === 0) return undefined
  const spread = z95 * Math.sqrt(0.25 / ((total * total) / squares))
  const at = (p: number): number => {
    let seen = 0
    for (const place of order) {
      seen += weights[place]!
      if (seen >= p * total) return values[place]!
    }
    return values[order.at(-1)!]!
  }
  return {
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p95: at(0.95),
    low: at(Math.max(0, 0.5 - spread)),
    high: at(Math.min(1, 0.5 + spread)),
    n: order.length,
  }
}
