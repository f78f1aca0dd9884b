import type { CustomSeriesRenderItem } from 'echarts'
import type { Markup } from '../html/markup.ts'
import type { WeightedQuantiles } from '../weighted-median.ts'
import { axisLabel, drawChart, lineColour, logAxis, versionColour } from './draw-chart.ts'

/** One line of an interval chart: up to two IP versions under one label. */
export interface IntervalRow {
  readonly label: string
  readonly rtts: readonly { readonly ipVersion: 4 | 6; readonly rtt: WeightedQuantiles }[]
}

const rowHeight = 34
const characterWidth = 6.6

/** Where the middle half, the slow tail and the median with its interval lie, row by row. */
export function drawIntervals(rows: readonly IntervalRow[], width: number): Markup {
  const all = rows.flatMap(({ rtts }) => rtts.map(({ rtt }) => rtt))
  const low = Math.min(...all.map(({ p25, low }) => Math.min(p25, low)), 5000)
  const high = Math.max(...all.map(({ p95, high }) => Math.max(p95, high)), 100_000)
  const labelWidth = Math.max(...rows.map(({ label }) => label.length)) * characterWidth + 14
  const option = {
    grid: { left: labelWidth, right: 14, top: 6, bottom: 24 },
    xAxis: logAxis(Math.max(low * 0.7, 1), high * 1.3),
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map(({ label }) => label),
      axisLine: { lineStyle: { color: lineColour } },
      axisTick: { show: false },
      axisLabel: { ...axisLabel, color: 'var(--ink)' },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        clip: true,
        renderItem: renderRow,
        data: rows.flatMap(({ rtts }, row) =>
          rtts.map(({ ipVersion, rtt }) => [
            ...[row, ipVersion],
            ...[rtt.p25, rtt.p50, rtt.p75, rtt.p95, rtt.low, rtt.high].map(logMillis),
          ]),
        ),
        encode: { x: [2, 3, 4, 5, 6, 7], y: 0 },
      },
    ],
  }
  return drawChart(option, { width, height: rows.length * rowHeight + 34 })
}

const logMillis = (micros: number): number => Math.log10(Math.max(micros, 1) / 1000)

const renderRow: CustomSeriesRenderItem = (_, api) => {
  const row = api.value(0) as number
  const ipVersion = api.value(1) as 4 | 6
  const colour = versionColour[ipVersion]
  const at = (dimension: number): number => api.coord([api.value(dimension), row])[0]!
  const y = api.coord([0, row])[1]! + (ipVersion === 4 ? -7 : 7)
  const bar = (from: number, to: number, height: number, opacity: number) => ({
    type: 'rect' as const,
    shape: { x: from, y: y - height / 2, width: Math.max(to - from, 1), height, r: height / 2 },
    style: { fill: colour, opacity },
  })
  return {
    type: 'group',
    children: [
      bar(at(4), at(5), 1.5, 0.7),
      bar(at(2), at(4), 10, 0.28),
      bar(at(6), at(7), 3.5, 1),
      {
        type: 'circle',
        shape: { cx: at(3), cy: y, r: 4.5 },
        style: { fill: colour, stroke: 'var(--paper)', lineWidth: 1.5 },
      },
    ],
  }
}
