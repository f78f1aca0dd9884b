/** A value and how much it counts. */
export type Weighted = readonly [value: number, weight: number]

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

/**
 * Quantiles of prefixes weighted by their queries, or undefined without weight. The interval takes
 * Kish's effective sample size (Σw)²/Σw²: one heavy prefix does not make a sample large.
 */
export function weightedQuantiles(values: readonly Weighted[]): WeightedQuantiles | undefined {
  const counted = values.filter(([, weight]) => weight > 0).sort((a, b) => a[0] - b[0])
  const total = counted.reduce((sum, [, weight]) => sum + weight, 0)
  if (total === 0) return undefined
  const squares = counted.reduce((sum, [, weight]) => sum + weight * weight, 0)
  const spread = z95 * Math.sqrt(0.25 / ((total * total) / squares))
  const at = (p: number): number => {
    let seen = 0
    for (const [value, weight] of counted) {
      seen += weight
      if (seen >= p * total) return value
    }
    return counted.at(-1)![0]
  }
  return {
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p95: at(0.95),
    low: at(Math.max(0, 0.5 - spread)),
    high: at(Math.min(1, 0.5 + spread)),
    n: counted.length,
  }
}
