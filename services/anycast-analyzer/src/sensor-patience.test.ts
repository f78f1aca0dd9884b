import { expect, it } from 'vitest'
import { catchUpSecondsMax, createSensorPatience, silentSecondsMax } from './sensor-patience.ts'

const sensor = (passedMicros: number) => ({
  ...{ site_code: 'ams', sensor_name: 'one', passedMicros },
  ...{ clockMicros: 0, ended: false },
})

it('gives a sensor up that has said nothing new for a minute', () => {
  const patience = createSensorPatience()
  patience.note([sensor(5)], 0)
  expect(patience.isGivenUp(sensor(5))).toBe(false)
  patience.note([sensor(5)], silentSecondsMax - 1)
  expect(patience.isGivenUp(sensor(5))).toBe(false)
  patience.note([sensor(5)], silentSecondsMax)
  expect(patience.isGivenUp(sensor(5))).toBe(true)
})

it('takes a sensor back that moves again', () => {
  const patience = createSensorPatience()
  patience.note([sensor(5)], 0)
  patience.note([sensor(5)], silentSecondsMax)
  patience.note([sensor(6)], silentSecondsMax + 1)
  expect(patience.isGivenUp(sensor(6))).toBe(false)
})

it('waits for one that catches up, but not for ever', () => {
  const patience = createSensorPatience()
  for (let second = 0; second < catchUpSecondsMax; second++) {
    patience.note([sensor(second)], second)
    expect(patience.isGivenUp(sensor(second))).toBe(false)
  }
  patience.note([sensor(catchUpSecondsMax)], catchUpSecondsMax)
  expect(patience.isGivenUp(sensor(catchUpSecondsMax))).toBe(true)
})

it('waits anew for one that had caught up and lags again', () => {
  const patience = createSensorPatience()
  patience.note([sensor(0)], 0)
  expect(patience.isGivenUp(sensor(0))).toBe(false)
  for (let second = 1; second <= catchUpSecondsMax; second++)
    patience.note([sensor(second)], second)
  expect(patience.isGivenUp(sensor(catchUpSecondsMax))).toBe(false)
})
