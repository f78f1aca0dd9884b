import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { onsetMinute } from './onset.ts'

describe('the onset of a move', () => {
  it('is the first minute in which one of the clients was seen away', () => {
    const departures = [
      { lastHome: 99, firstAway: 101, weight: 1 },
      { lastHome: 100, firstAway: 104, weight: 1 },
      { lastHome: 80, firstAway: 130, weight: 1 },
    ]
    expect(onsetMinute(departures)).toBe(101)
  })

  it('is not moved by a client that left long before', () => {
    const early = { lastHome: 10, firstAway: 12, weight: 5 }
    const together = [3, 4, 5].map(() => ({ lastHome: 100, firstAway: 101, weight: 2 }))
    expect(onsetMinute([early, ...together])).toBe(101)
  })

  it('lies where every client can have left when they all left at once', () => {
    const gaps = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1e6 }), gaps, (onset, clients) => {
        const departures = clients.map(([before, after]) => ({
          lastHome: onset - 1 - before,
          firstAway: onset + after,
          weight: 1 + before,
        }))
        const found = onsetMinute(departures)!
        expect(found).toBe(Math.min(...departures.map(({ firstAway }) => firstAway)))
      }),
    )
  })

  it('is unknown without departures', () => expect(onsetMinute([])).toBeUndefined())
})
