import type { AnalyzerHour } from '@goldpan/warehouse'

/** Minutes since 1970, both inclusive. */
export interface MinuteSpan {
  readonly from: number
  readonly to: number
}

/** What is held at once: about 100 MB of rows with all their copies; a month of minute counters. */
export const spanBounds = { rows: 1_000_000, minutes: 43_200 } as const

/**
 * Parts of `within` that hold every hour with rows, in order, each within the bounds; an hour that
 * alone holds more rows is cut into equal stretches of minutes. Time without rows lies between.
 */
export function planSpans(hours: readonly AnalyzerHour[], within: MinuteSpan): MinuteSpan[] {
  const spans: { from: number; to: number; rows: number }[] = []
  for (const { hour, rows } of hours) {
    const from = Math.max(hour * 60, within.from)
    const to = Math.min(hour * 60 + 59, within.to)
    const last = spans.at(-1)
    const fits = last && last.rows + rows <= spanBounds.rows
    if (fits && to - last.from < spanBounds.minutes) {
      last.to = to
      last.rows += rows
    } else {
      spans.push(...stretches({ from, to }, rows))
    }
  }
  return spans.map(({ from, to }) => ({ from, to }))
}

/** An hour, or what is wanted of it, in as many equal parts as its rows ask for. */
function stretches({ from, to }: MinuteSpan, rows: number) {
  const minutes = to - from + 1
  const parts = Math.min(minutes, Math.max(1, Math.ceil(rows / spanBounds.rows)))
  const each = Math.ceil(minutes / parts)
  return Array.from({ length: Math.ceil(minutes / each) }, (_, part) => ({
    from: from + part * each,
    to: Math.min(to, from + (part + 1) * each - 1),
    rows: (rows * each) / minutes,
  }))
}
