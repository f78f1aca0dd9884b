import { expect, it } from 'vitest'
import { decidableMinute } from './decidable-minute.ts'

const minute = 29_000_000
const at = (sensor_name: string, seconds: number, more = {}) => ({
  site_code: sensor_name,
  sensor_name,
  passedMicros: (minute * 60 + seconds) * 1e6,
  clockMicros: (minute * 60 + 120) * 1e6,
  ...{ isClockWrong: false, ended: false },
  ...more,
})
const never = () => undefined
const always = () => 'silent' as const

it('decides a minute when every live sensor has passed its end by 15 s', () => {
  expect(decidableMinute([at('ams', 75), at('syd', 80)], never).lastMinute).toBe(minute)
  expect(decidableMinute([at('ams', 74), at('syd', 80)], never).lastMinute).toBe(minute - 1)
})

it('waits for a lagging sensor until it is given up', () => {
  const sensors = [at('ams', 120), at('syd', 118), at('gru', -600)]
  expect(decidableMinute(sensors, never).lastMinute).toBe(minute - 12)
  const without = decidableMinute(sensors, always)
  expect(without.lastMinute).toBe(minute)
  expect(without.setAside).toEqual([{ site: 'gru', sensor: 'gru', reason: 'silent', seconds: 720 }])
})

it('waits for a sensor that is less than a minute behind, whatever is given up', () => {
  expect(decidableMinute([at('ams', 119), at('gru', 60)], always).lastMinute).toBe(minute - 1)
})

it.each([3600, -3600])('sets a sensor aside whose clock is off by %i s', (off) => {
  const clockMicros = (minute * 60 + 120 + off) * 1e6
  const decided = decidableMinute(
    [at('ams', 76), at('syd', 77), at('gru', 76 + off, { clockMicros })],
    never,
  )
  expect(decided.lastMinute).toBe(minute)
  expect(decided.setAside).toEqual([{ site: 'gru', sensor: 'gru', reason: 'clock', seconds: off }])
})

it('sets a sensor aside whose clock is known to be wrong, though it is the only one', () => {
  const wrong = { isClockWrong: true, clockMicros: (minute * 60 + 3600) * 1e6 }
  const alone = decidableMinute([at('gru', 3600, wrong)], never)
  expect([alone.lastMinute, alone.setAside.length]).toEqual([undefined, 1])
  const two = decidableMinute([at('gru', 3600, wrong), at('syd', 76)], never)
  expect(two).toMatchObject({ lastMinute: minute, setAside: [{ sensor: 'gru', seconds: 3480 }] })
})

it('decides all minutes of inputs that have ended, the last one too', () => {
  const ended = { ended: true }
  const decided = decidableMinute([at('ams', 30, ended), at('syd', 10, ended)], never)
  expect(decided).toEqual({ lastMinute: minute, ended: true, setAside: [] })
})

it('lets an ended input neither hold up nor hurry a live one', () => {
  const ended = { ended: true }
  const decided = decidableMinute(
    [at('ams', 75), at('old', -9e3, ended), at('new', 9e3, ended)],
    never,
  )
  expect(decided.lastMinute).toBe(minute)
})

it('decides nothing where no sensor was heard', () => {
  expect(decidableMinute([], never)).toEqual({ ended: false, setAside: [] })
})
