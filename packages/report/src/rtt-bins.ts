import { type RttQuantile, rttBucket, rttBucketLowerMicros, rttQuantile } from '@goldpan/core'
import type { BinHistogram } from '@goldpan/warehouse'

/** Fewer handshakes (or prefixes) than this say nothing about a median. */
export const samplesMin = 10

/** Bins of time in a report at most. */
export const binsMax = 48

const binLengths = [60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200]
const daySeconds = 86_400

/** The finest round bin of which at most {@link binsMax} cover the span. */
export function chooseBinSeconds(fromMicros: number, toMicros: number): number {
  const seconds = Math.max(0, toMicros - fromMicros) / 1e6
  const enough = (length: number): boolean => seconds / length <= binsMax
  return binLengths.find(enough) ?? Math.ceil(seconds / binsMax / daySeconds) * daySeconds
}

/** Handshakes of one site, IP version and bin; their median where there are enough. */
export interface TimeBin {
  readonly site: string
  readonly ipVersion: 4 | 6
  /** Start of the bin, packet time, microseconds since 1970. */
  readonly micros: number
  readonly handshakes: number
  /** Of handshakes, not of prefixes; undefined where there are too few. */
  readonly median: RttQuantile | undefined
}

/** Rows of a query as a histogram. */
export const histogramOf = ({
  buckets,
  counts,
}: Pick<BinHistogram, 'buckets' | 'counts'>): Map<number, number> =>
  new Map(buckets.map((bucket, index) => [bucket, counts[index]!]))

const countOf = ({ counts }: BinHistogram): number => counts.reduce((sum, count) => sum + count, 0)

/** Medians over time, bin by bin. */
export function toTimeBins(rows: readonly BinHistogram[], binSeconds: number): TimeBin[] {
  return rows.map((row) => {
    const handshakes = countOf(row)
    return {
      site: row.site_code,
      ipVersion: row.version,
      micros: row.bin_number * binSeconds * 1e6,
      handshakes,
      median: handshakes < samplesMin ? undefined : medianOf(histogramOf(row)),
    }
  })
}

/** Quantiles over handshakes, microseconds. */
export interface HandshakeRtts {
  readonly handshakes: number
  readonly p5: number
  readonly p25: number
  readonly p50: RttQuantile
  readonly p75: number
  readonly p95: number
}

/** How the RTTs of one site's handshakes are spread. */
export interface Distribution extends HandshakeRtts {
  readonly site: string
  readonly ipVersion: 4 | 6
  /** Handshakes by RTT class, ascending, classes without any left out. */
  readonly classes: readonly RttClass[]
}

/** RTTs from `fromMicros` (inclusive) to `toMicros` (exclusive): a quarter of a doubling. */
export interface RttClass {
  readonly fromMicros: number
  readonly toMicros: number
  readonly handshakes: number
}

/** Buckets of the histogram in one class. */
const bucketsPerClass = 8

/** The distribution of each site and IP version, over all bins. */
export function toDistributions(rows: readonly BinHistogram[]): Distribution[] {
  const sums = new Map<string, { row: BinHistogram; histogram: Map<number, number> }>()
  for (const row of rows) {
    const key = `${row.version}/${row.site_code}`
    const sum = sums.get(key) ?? { row, histogram: new Map() }
    sums.set(key, sum)
    for (const [bucket, count] of histogramOf(row)) {
      sum.histogram.set(bucket, (sum.histogram.get(bucket) ?? 0) + count)
    }
  }
  return [...sums.values()].map(({ row, histogram }) => ({
    ...{ site: row.site_code, ipVersion: row.version, ...handshakeRtts(histogram) },
    classes: toClasses(histogram),
  }))
}

/**
 * Median of a histogram that is not empty. A value may lie anywhere in its bucket, so the interval
 * reaches to the ends of its outer buckets: it is never narrower than what is known.
 */
function medianOf(histogram: ReadonlyMap<number, number>): RttQuantile {
  const { micros, lowMicros, highMicros, n } = rttQuantile(histogram, 0.5)!
  const above = rttBucketLowerMicros(rttBucket(highMicros) + 1)
  return {
    micros,
    lowMicros: Math.floor(rttBucketLowerMicros(rttBucket(lowMicros))),
    highMicros: Math.ceil(above),
    n,
  }
}

/** Quantiles of a histogram that is not empty. */
export function handshakeRtts(histogram: ReadonlyMap<number, number>): HandshakeRtts {
  const at = (p: number): RttQuantile => rttQuantile(histogram, p)!
  const p50 = medianOf(histogram)
  return {
    ...{ handshakes: p50.n, p5: at(0.05).micros, p25: at(0.25).micros, p50 },
    ...{ p75: at(0.75).micros, p95: at(0.95).micros },
  }
}

function toClasses(histogram: ReadonlyMap<number, number>): RttClass[] {
  const counts = new Map<number, number>()
  for (const [bucket, count] of histogram) {
    const number = Math.floor(bucket / bucketsPerClass)
    counts.set(number, (counts.get(number) ?? 0) + count)
  }
  return [...counts]
    .sort((left, right) => left[0] - right[0])
    .map(([number, handshakes]) => ({
      fromMicros: Math.round(rttBucketLowerMicros(number * bucketsPerClass)),
      toMicros: Math.round(rttBucketLowerMicros((number + 1) * bucketsPerClass)),
      handshakes,
    }))
}
