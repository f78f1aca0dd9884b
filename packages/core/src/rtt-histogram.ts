/**
 * The log-bucket histogram of RTTs: deterministic and mergeable, 2.2 % wide buckets.
 * The same three functions exist in SQL (packages/warehouse); a test holds them equal.
 */

/** Bucket of an RTT in whole microseconds: floor(32 · log2(µs + 1)). */
export function rttBucket(rttMicros: number): number {
  return Math.floor(32 * Math.log2(rttMicros + 1))
}

/** Smallest RTT of a bucket, microseconds (not rounded). */
export function rttBucketLowerMicros(bucket: number): number {
  return 2 ** (bucket / 32) - 1
}

/** What a bucket counts as in a quantile: its geometric middle, whole microseconds. */
export function rttBucketMiddleMicros(bucket: number): number {
  return Math.round(2 ** ((bucket + 0.5) / 32) - 1)
}

/** Count of samples per bucket. */
export type RttHistogram = ReadonlyMap<number, number>

export interface RttQuantile {
  /** The estimate, microseconds. */
  readonly micros: number
  /** Distribution-free 95 % confidence interval from order statistics, microseconds. */
  readonly lowMicros: number
  readonly highMicros: number
  /** Number of samples. */
  readonly n: number
}

const z95 = 1.96

/**
 * The p-quantile with its order-statistic interval (normal approximation of the binomial,
 * Conover §3.2), or undefined for an empty histogram.
 */
export function rttQuantile(histogram: RttHistogram, p: number): RttQuantile | undefined {
  const buckets = [...histogram].sort((left, right) => left[0] - right[0])
  const n = buckets.reduce((sum, [, count]) => sum + count, 0)
  if (n === 0) return undefined
  const spread = z95 * Math.sqrt(n * p * (1 - p))
  const microsAtRank = (rank: number): number => {
    const wanted = Math.min(Math.max(Math.ceil(rank), 1), n)
    let seen = 0
    for (const [bucket, count] of buckets) {
      seen += count
      if (seen >= wanted) return rttBucketMiddleMicros(bucket)
    }
    throw new Error(`rank ${rank} is beyond ${n} samples`)
  }
  return {
    micros: microsAtRank(n * p),
    lowMicros: microsAtRank(n * p - spread),
    highMicros: microsAtRank(n * p + spread + 1),
    n,
  }
}
