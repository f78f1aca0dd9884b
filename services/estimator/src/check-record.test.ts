import { createTrafficBatch } from '@goldpan/core'
import type { BusRecord } from '@goldpan/runtime/kafka'
import { encodeTraffic } from '@goldpan/wire'
import { expect, it } from 'vitest'
import { loadMessage } from '../../../test/estimator/bus-load.ts'
import { checkRecord } from './check-record.ts'

const source = { service: 's', site: 'ams', sensor: 'x' }
const sentMillis = 1_780_000_000_000
const minuteMillis = 60_000
const hourMillis = 60 * minuteMillis

/** A message that was sent when its sensor's clock said so, with rows of a time. */
const handshakesOf = (rowMillis: number): Uint8Array => {
  const load = { source, boot: 'b', startMicros: rowMillis * 1000, microsPerRow: 1 }
  return loadMessage(load, { n: 0, firstRow: 0, rows: 3 }).value
}

function record(value: Uint8Array, arrivedMillis: number, sent?: string): BusRecord {
  return {
    ...{ offset: 7, key: 's/ams/x', value: Buffer.from(value), timestampMillis: arrivedMillis },
    headers: sent === undefined ? {} : { sent },
  }
}

const isWrong = (
  behindMillis: number,
  { rowMillis = sentMillis, sent = String(sentMillis) as string | undefined } = {},
): boolean => {
  const arrived = record(handshakesOf(rowMillis), sentMillis + behindMillis, sent)
  const checked = checkRecord('goldpan.handshakes.v1', arrived, 0)
  expect(checked.dead).toBeUndefined()
  return checked.isClockWrong
}

it('believes a clock that is a minute off the broker’s time at most', () => {
  for (const behind of [0, 5, minuteMillis, -minuteMillis]) expect(isWrong(behind)).toBe(false)
})

it('flags a clock that is more than a minute off, ahead or behind', () => {
  for (const behind of [minuteMillis + 1, -minuteMillis - 1, 24 * hourMillis]) {
    expect(isWrong(behind)).toBe(true)
  }
})

it('says nothing about the clock of a replay: its rows are not of the time it was sent', () => {
  expect(isWrong(2 * minuteMillis, { rowMillis: sentMillis - hourMillis + 1000 })).toBe(true)
  expect(isWrong(2 * minuteMillis, { rowMillis: sentMillis - hourMillis - 1000 })).toBe(false)
})

it('says nothing about the clock of a message that does not say when it was sent', () => {
  const value = handshakesOf(sentMillis)
  for (const sent of [undefined, 'yesterday']) {
    const arrived = record(value, sentMillis + hourMillis, sent)
    expect(checkRecord('goldpan.handshakes.v1', arrived, 0).isClockWrong).toBe(false)
  }
})

it('flags traffic by its minutes', () => {
  const batch = createTrafficBatch(1)
  batch.length = 1
  batch.minuteSeconds[0] = Math.floor(sentMillis / minuteMillis) * 60
  batch.samplingRate[0] = 1
  const value = encodeTraffic(batch, { ...source, boot: 'b', firstRow: 0 })
  const wrong = (arrivedMillis: number): boolean =>
    checkRecord('goldpan.traffic.v1', record(value, arrivedMillis, String(sentMillis)), 0)
      .isClockWrong
  expect(wrong(sentMillis + 2 * minuteMillis)).toBe(true)
  expect(wrong(sentMillis + 1000)).toBe(false)
})

it('makes a dead letter of what is no Arrow, whatever its clock says', () => {
  const arrived = record(Buffer.from('no arrow'), sentMillis + hourMillis, String(sentMillis))
  const checked = checkRecord('goldpan.handshakes.v1', arrived, 0)
  expect(checked).toMatchObject({ rows: 0, isClockWrong: false, dead: { reason: 'not_arrow' } })
})
