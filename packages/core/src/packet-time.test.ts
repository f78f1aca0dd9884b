import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatPacketTime, parsePacketTime } from './packet-time.ts'

it('writes packet times with microseconds in UTC', () => {
  expect(formatPacketTime(0)).toBe('1970-01-01T00:00:00.000000Z')
  expect(formatPacketTime(1_767_225_600_000_001)).toBe('2026-01-01T00:00:00.000001Z')
  expect(formatPacketTime((2 ** 31 + 1) * 1e6)).toBe('2038-01-19T03:14:09.000000Z')
})

it('reads back every time that it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 * 1e6 }), (micros) => {
      expect(parsePacketTime(formatPacketTime(micros))).toBe(micros)
    }),
  )
})

it('reads other offsets and precisions', () => {
  expect(parsePacketTime('1970-01-01T01:00:00+01:00')).toBe(0)
  expect(parsePacketTime('1970-01-01T00:00:00.5Z')).toBe(500_000)
  expect(parsePacketTime('1970-01-01T00:00:00.123456789Z')).toBe(123_456)
})

it('refuses what is no time', () => {
  expect(parsePacketTime('yesterday')).toBeUndefined()
  expect(parsePacketTime('2026-13-01T00:00:00Z')).toBeUndefined()
  expect(parsePacketTime('2026-01-01T00:00:00')).toBeUndefined()
})
