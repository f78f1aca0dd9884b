import { describe, expect, it } from 'vitest'
import { ClockWatch } from './clock-watch.ts'

const reading = (wallMicros: number, monotonicMillis: number, uncertainMicros = 20) => ({
  wallMicros,
  monotonicMillis,
  uncertainMicros,
})

describe('ClockWatch', () => {
  it('tells a step in either direction, and its size', () => {
    const watch = new ClockWatch()
    expect(watch.observe(reading(1e15, 0))).toBe(0)
    expect(watch.observe(reading(1e15 + 200_000, 200))).toBe(0)
    expect(watch.observe(reading(1e15 + 405_000, 400))).toBe(5000)
    expect(watch.observe(reading(1e15 + 600_000, 600))).toBe(-5000)
    expect(watch.steps).toBe(2)
  })

  it('takes a clock that is slewed, and an uncertain reading, for none', () => {
    const watch = new ClockWatch()
    for (let second = 0; second < 100; second++) {
      expect(watch.observe(reading(1e15 + second * 1_000_400, second * 1000))).toBe(0)
    }
    expect(watch.observe(reading(1e15 + 100 * 1_000_400 + 1900, 100_000, 1000))).toBe(0)
    expect(watch.steps).toBe(0)
  })

  it('is not fooled by a process that was stopped for an hour', () => {
    const watch = new ClockWatch()
    watch.observe(reading(1e15, 0))
    expect(watch.observe(reading(1e15 + 3.6e9, 3.6e6))).toBe(0)
  })
})
