import { createTrafficBatch, handshakeFlag } from '@goldpan/core'
import { createMetrics } from '@goldpan/runtime'
import type { Column } from '@goldpan/wire'
import { expect, it } from 'vitest'
import { loadRows } from '../../../test/estimator/bus-load.ts'
import type { CheckedRecord } from './check-record.ts'
import { createEstimatorMetrics } from './metrics.ts'
import { handshakeRowColumns, trafficRowColumns } from './row-columns.ts'

const source = { service: 's', site: 'ams', sensor: 'x' }
const right = { source, rows: 2, isClockWrong: false }
const wrong = { source: { ...source, sensor: 'y' }, rows: 3, isClockWrong: true }

function excludedOf(columns: readonly Column[]): string[] {
  const { data } = columns.find(({ name }) => name === 'excluded')!
  return Array.from(data.values as Uint16Array, (key) => data.dictionary!.get(key) as string)
}

const handshakes = (rows: number) =>
  loadRows({ source, boot: 'b', startMicros: 1_780_000_000e6, microsPerRow: 1000 }, 0, rows)

it('keeps the rows of a wrong clock apart, and those of right ones around them not', () => {
  const columns = handshakeRowColumns(handshakes(7), [right, wrong, right], undefined)
  expect(excludedOf(columns)).toEqual(['', '', 'clock', 'clock', 'clock', '', ''])
})

it('names the clock before what the flags of a row say', () => {
  const batch = handshakes(5)
  batch.flags[1] = handshakeFlag.ambiguous
  batch.flags[2] = handshakeFlag.ambiguous
  batch.flags[3] = handshakeFlag.client_side
  const columns = handshakeRowColumns(batch, [right, wrong], undefined)
  expect(excludedOf(columns)).toEqual(['', 'ambiguous', 'clock', 'clock', 'clock'])
})

it('keeps traffic of a wrong clock apart too', () => {
  const batch = createTrafficBatch(5)
  batch.length = 5
  const columns = trafficRowColumns(batch, [wrong, right], undefined)
  expect(excludedOf(columns)).toEqual(['clock', 'clock', 'clock', '', ''])
})

it('counts rows of a wrong clock, and none of a right one', async () => {
  const metrics = createMetrics({ component: 'estimate', withProcess: false })
  const estimator = createEstimatorMetrics(metrics)
  const messages = [right, wrong, wrong] as unknown as CheckedRecord[]
  estimator.concluded('goldpan.handshakes.v1', {
    range: {
      ...{ start: 0, end: 3, messages, skips: [0, 0, 0], nextRows: new Map() },
      ...{ rows: 8, duplicateRows: 0, missingRows: 0 },
    },
    rows: 8,
    rejected: {},
  })
  expect(await metrics.format()).toContain(
    'wrong_clock_rows_total{topic="goldpan.handshakes.v1",stage="row",reason="clock"} 6\n',
  )
})
