import { expect, it } from 'vitest'
import { catchUpSecondsMax, createSensorPatience, silentSecondsMax } from './sensor-patience.ts'

const sensor = (passedMicros: number) => ({
  ...{ site_code: 'ams', sensor_name: 'one', passedMicros },
  ...{ clockMicros: 0, isClockWrong: false, ended: false },
})

it('gives a sensor up that has said nothing new for a minute', () => {
  const patience = createSensorPatience()
  patience.note([sensor(5)], 0)
  expect(patience.givenUp(sensor(5))).toBeUndefined()
  patience.note([sensor(5)], silentSecondsMax - 1)
  expect(patience.givenUp(sensor(5))).toBeUndefined()
  patience.note([sensor(5)], silentSecondsMax)
  expect(patience.givenUp(sensor(5))).toBe('silent')
})

it('takes a sensor back that moves again', () => {
  const patience = createSensorPatience()
  patience.note([sensor(5)], 0)
  patience.note([sensor(5)], silentSecondsMax)
  patience.note([sensor(6)], silentSecondsMax + 1)
  expect(patience.givenUp(sensor(6))).toBeUndefined()
})

it('waits for one that catches up, but not for ever', () => {
  const patience = createSensorPatience()
  for (let second = 0; second < catchUpSecondsMax; second++) {
    patience.note([sensor(second)], second)
    expect(patience.givenUp(sensor(second))).toBeUndefined()
  }
  patience.note([sensor(catchUpSecondsMax)], catchUpSecondsMax)
  expect(patience.givenUp(sensor(catchUpSecondsMax))).toBe('behind')
})

it('waits anew for one that had caught up and lags again', () => {
  const patience = createSensorPatience()
  patience.note([sensor(0)], 0)
  expect(patience.givenUp(sensor(0))).toBeUndefined()
  for (let second = 1; second <= catchUpSecondsMax; second++)
    patience.note([sensor(second)], second)
  expect(patience.givenUp(sensor(catchUpSecondsMax))).toBeUndefined()
})
