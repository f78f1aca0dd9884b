import { describe, expect, it } from 'vitest'
import { lehmer } from './hand-made-world.ts'
import { planSpans, spanBounds } from './span-plan.ts'

describe('spans', () => {
  it('hold every hour with rows once, in order and within bounds', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = lehmer(seed * 104_729)
      const draw = (below: number): number => Math.floor(random() * below)
      const hours: { hour: number; rows: number }[] = []
      for (let hour = draw(500_000); hours.length < 50; hour += 1 + draw(2) * draw(3000)) {
        hours.push({ hour, rows: 1 + draw(400_000) })
      }
      const from = hours[0]!.hour * 60 + draw(60)
      const to = hours.at(-1)!.hour * 60 + draw(60)
      const spans = planSpans(hours, { from, to })
      const rowsOf = hours.map(({ hour, rows }) => {
        const holding = spans.filter((one) => one.from < hour * 60 + 60 && one.to >= hour * 60)
        expect(holding).toHaveLength(1)
        return { span: holding[0]!, rows }
      })
      expect([spans[0]!.from, spans.at(-1)!.to]).toEqual([from, to])
      for (const [index, span] of spans.entries()) {
        const held = rowsOf.filter((one) => one.span === span)
        expect(held.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(spanBounds.rows)
        expect(span.to - span.from).toBeLessThan(spanBounds.minutes)
        expect(span.from).toBeGreaterThan(spans[index - 1]?.to ?? -1)
      }
    }
  })

  it('are stretches of minutes where an hour alone holds more rows than fit', () => {
    const hours = [1, 2, 3].map((hour) => ({ hour, rows: 2.5 * spanBounds.rows }))
    expect(planSpans(hours, { from: 60, to: 190 })).toEqual([
      { from: 60, to: 79 },
      { from: 80, to: 99 },
      { from: 100, to: 119 },
      { from: 120, to: 139 },
      { from: 140, to: 159 },
      { from: 160, to: 179 },
      { from: 180, to: 183 },
      { from: 184, to: 187 },
      { from: 188, to: 190 },
    ])
    const crowded = [{ hour: 1, rows: 1000 * spanBounds.rows }]
    expect(planSpans(crowded, { from: 60, to: 119 })).toHaveLength(60)
  })
})
