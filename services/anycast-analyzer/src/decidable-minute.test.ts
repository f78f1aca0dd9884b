import { expect, it } from 'vitest'
import { decidableMinute } from './decidable-minute.ts'

const minute = 29_000_000
const at = (sensor_name: string, seconds: number, ended = false) => ({
  site_code: sensor_name,
  sensor_name,
  passedMicros: (minute * 60 + seconds) * 1e6,
  ended,
})

it('decides a minute when every live sensor has passed its end by 15 s', () => {
  expect(decidableMinute([at('ams', 75), at('syd', 80)]).lastMinute).toBe(minute)
  expect(decidableMinute([at('ams', 74), at('syd', 80)]).lastMinute).toBe(minute - 1)
})

it('waits for a slow sensor until another has passed the end by 60 s', () => {
  expect(decidableMinute([at('ams', 119), at('syd', 100), at('gru', 10)]).lastMinute).toBe(
    minute - 1,
  )
  const silent = decidableMinute([at('ams', 120), at('syd', 118), at('gru', 10)])
  expect(silent.lastMinute).toBe(minute)
  expect(silent.late.map(({ sensor_name }) => sensor_name)).toEqual(['gru'])
})

it('sets a sensor aside whose clock is ahead of the others by more than a minute', () => {
  const decided = decidableMinute([at('ams', 76), at('syd', 77), at('gru', 3600)])
  expect(decided.lastMinute).toBe(minute)
  expect(decided.setAside.map(({ sensor_name }) => sensor_name)).toEqual(['gru'])
})

it('decides all minutes of inputs that have ended, the last one too', () => {
  const decided = decidableMinute([at('ams', 30, true), at('syd', 10, true)])
  expect(decided).toEqual({ lastMinute: minute, ended: true, setAside: [], late: [] })
})

it('lets an ended input neither hold up nor hurry a live one', () => {
  const decided = decidableMinute([at('ams', 75), at('old', -9000, true), at('new', 9000, true)])
  expect(decided.lastMinute).toBe(minute)
})

it('decides nothing where no sensor was heard', () => {
  expect(decidableMinute([])).toEqual({ ended: false, setAside: [], late: [] })
})
