import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rttBucket, rttBucketLowerMicros, rttBucketMiddleMicros, rttQuantile } from '@goldpan/core'
import { rttQuantileSql } from '@goldpan/warehouse'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, openEngine } from './engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-quantile-'))
let engine: Engine
const bucketMax = rttBucket(10_000_000)

beforeAll(async () => {
  engine = await openEngine(folder)
})

afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

async function ask<Row>(sql: string): Promise<Row[]> {
  const bytes = await engine.execute({ sql, format: 'JSONEachRow' })
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

describe('the histogram in SQL', () => {
  it('has the middles of all buckets that the one in TypeScript has', async () => {
    const quantile = rttQuantileSql('map(toUInt16(number), toUInt64(1))', '0.5')
    const rows = await ask<{ rtt_us: number }>(
      `SELECT ${quantile}[1] AS rtt_us FROM numbers(${bucketMax + 1})`,
    )
    expect(rows.map(({ rtt_us }) => rtt_us)).toEqual(
      Array.from({ length: bucketMax + 1 }, (_, bucket) => rttBucketMiddleMicros(bucket)),
    )
  })

  it('puts every RTT about the bounds of buckets into the same bucket', async () => {
    const rtts = Array.from({ length: bucketMax + 1 }, (_, bucket) =>
      Math.round(rttBucketLowerMicros(bucket)),
    ).flatMap((bound) => [Math.max(0, bound - 1), bound, bound + 1])
    const rows = await ask<{ bucket: number }>(
      `SELECT toUInt16(floor(32 * log2(rtt_us + 1))) AS bucket
       FROM (SELECT arrayJoin([${rtts.join()}]::Array(UInt32)) AS rtt_us)`,
    )
    expect(rows.map(({ bucket }) => bucket)).toEqual(rtts.map(rttBucket))
  })

  it('has the same quantile, interval and n', async () => {
    const histogram = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: bucketMax }), fc.integer({ min: 1, max: 100_000 })),
      { selector: ([bucket]) => bucket, minLength: 1, maxLength: 40 },
    )
    const cases = fc.sample(fc.tuple(histogram, fc.double({ min: 0, max: 1, noNaN: true })), 300)
    const quantile = rttQuantileSql('buckets', 'level')
    const values = cases.map(
      ([buckets, level]) => `(map(${buckets.flat().join()})::Map(UInt16, UInt64), ${level})`,
    )
    const rows = await ask<{ answer: number[] }>(
      `SELECT ${quantile} AS answer FROM
       (SELECT arrayJoin([${values.join()}]) AS one, one.1 AS buckets, one.2 AS level)`,
    )
    const wanted = cases.map(([buckets, level]) => {
      const { micros, lowMicros, highMicros, n } = rttQuantile(new Map(buckets), level)!
      return [micros, lowMicros, highMicros, n]
    })
    expect(rows.map(({ answer }) => answer)).toEqual(wanted)
  })

  it('has no quantile without samples', async () => {
    const quantile = rttQuantileSql("CAST(map(), 'Map(UInt16, UInt64)')", '0.5')
    expect(await ask(`SELECT ${quantile} AS answer`)).toEqual([{ answer: [null, null, null, 0] }])
  })
})
