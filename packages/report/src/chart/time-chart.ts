import { formatPacketTime, type RttQuantile } from '@goldpan/core'
import type { Markup } from '../html/markup.ts'
import { axisLabel, type ChartSize, drawChart, lineColour } from './draw-chart.ts'

/** One line of medians with their intervals. */
export interface TimeLine {
  readonly colour: string
  readonly dashed: boolean
  readonly points: ReadonlyMap<number, RttQuantile>
}

/** The bins of a chart, packet time in microseconds since 1970. */
export interface TimeAxis {
  readonly fromMicros: number
  readonly toMicros: number
  readonly binSeconds: number
}

const labelsMax = 4

/** Medians over time with their 95 % intervals as bands, and a mark where something began. */
export function drawTimeLines(
  axis: TimeAxis,
  lines: readonly TimeLine[],
  options: { readonly size: ChartSize; readonly onsets: readonly number[] },
): Markup {
  const binMicros = axis.binSeconds * 1e6
  const first = Math.floor(axis.fromMicros / binMicros)
  const last = Math.max(first, Math.ceil(axis.toMicros / binMicros) - 1)
  const bins = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * binMicros)
  const option = {
    grid: { left: 34, right: 10, top: 10, bottom: 22 },
    xAxis: timeAxis(bins),
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 3,
      splitLine: { lineStyle: { color: lineColour } },
      axisLabel,
    },
    series: lines.flatMap((line, index) => [
      ...band(line, bins, `band ${index}`),
      median(
        line,
        bins,
        index === 0 ? options.onsets.map((micros) => micros / binMicros - first) : [],
      ),
    ]),
  }
  return drawChart(option, options.size)
}

function timeAxis(bins: readonly number[]): object {
  const isDays = bins.length > 1 && bins.at(-1)! - bins[0]! > 3 * 86_400e6
  const every = Math.max(1, Math.ceil(bins.length / labelsMax))
  const label = (micros: number): string => {
    const text = formatPacketTime(micros)
    return isDays ? text.slice(5, 10) : text.slice(11, 16)
  }
  return {
    type: 'category',
    data: bins.map(label),
    boundaryGap: true,
    axisLine: { lineStyle: { color: lineColour } },
    axisTick: { show: false },
    axisLabel: { ...axisLabel, interval: (index: number) => index % every === 0 },
  }
}

const plain = { type: 'line', showSymbol: false, silent: true } as const

/** Two stacked lines: the lower end of the interval, unseen, and its height as an area. */
function band({ colour, points }: TimeLine, bins: readonly number[], stack: string): object[] {
  const at = (pick: (median: RttQuantile) => number): (number | null)[] =>
    bins.map((bin) => {
      const point = points.get(bin)
      return point === undefined ? null : pick(point)
    })
  return [
    { ...plain, stack, lineStyle: { opacity: 0 }, data: at(({ lowMicros }) => lowMicros / 1000) },
    {
      ...plain,
      stack,
      lineStyle: { opacity: 0 },
      areaStyle: { color: colour, opacity: 0.2 },
      data: at(({ lowMicros, highMicros }) => (highMicros - lowMicros) / 1000),
    },
  ]
}

function median({ colour, dashed, points }: TimeLine, bins: readonly number[], onsets: number[]) {
  const data = bins.map((bin) => {
    const point = points.get(bin)
    return point === undefined ? null : point.micros / 1000
  })
  return {
    ...plain,
    // A bin without neighbours is no line: it needs its dot.
    showSymbol: true,
    symbol: 'circle',
    symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) =>
      data[dataIndex - 1] == null && data[dataIndex + 1] == null ? 4 : 0,
    itemStyle: { color: colour },
    lineStyle: { color: colour, width: 1.75, type: dashed ? [5, 2] : 'solid' },
    data,
    ...(onsets.length === 0
      ? {}
      : {
          markLine: {
            ...{ silent: true, symbol: 'none', label: { show: false } },
            lineStyle: { color: 'var(--page)', width: 1.25, type: [3, 3] },
            data: onsets.map((index) => ({ xAxis: Math.round(index) })),
          },
        }),
  }
}
