import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingBroker } from '../broker/broker-jars.ts'
import { ChaosLine } from './chaos-line.ts'
import { runRound } from './chaos-round.ts'

const missing =
  missingBroker() ??
  (process.env.KAFKA_BROKERS === undefined ? undefined : 'the broker must be ours to kill')

/** A few rounds of `bench/chaos.ts`, which has them all. */
describe.skipIf(missing)(`the distributed line under faults ${missing ?? ''}`, () => {
  const line = new ChaosLine()
  beforeAll(() => line.start(2), 150_000)
  afterAll(() => line.close())

  it.each([
    [1, 'sensor kill -9, file read again', 'insert cut after it took effect'],
    [2, 'all estimators kill -9', 'insert takes effect late'],
    [3, 'broker kill -9 and start', 'warehouse kill -9 and start'],
  ])('has each row once, round %i: %s, %s', { timeout: 150_000 }, async (number, ...kinds) => {
    const size = { sensors: 2, rows: 6_000, stillMillisMax: 3_000, settleMillisMax: 120_000 }
    const result = await runRound(line, { number, seed: 7, kinds, ...size })
    expect(result).toMatchObject({ table: 12_000, different: 12_000, rollups: [12_000, 12_000] })
  })
})
