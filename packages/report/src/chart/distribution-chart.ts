import type { Markup } from '../html/markup.ts'
import type { Distribution } from '../rtt-bins.ts'
import { drawChart, logAxis, versionColour } from './draw-chart.ts'

const size = { width: 340, height: 118 }

/** RTTs that a chart shows, the same for all sites so that they compare. */
export interface RttRange {
  readonly fromMicros: number
  readonly toMicros: number
}

/** From the fastest twentieth to the slowest of all sites, with some air. */
export function rttRange(distributions: readonly Distribution[]): RttRange {
  const low = Math.min(...distributions.map(({ p5 }) => p5), 10_000)
  const high = Math.max(...distributions.map(({ p95 }) => p95), 100_000)
  return { fromMicros: Math.max(low / 2, 50), toMicros: high * 2 }
}

/** Share of handshakes by RTT, one area per IP version. */
export function drawDistribution(rows: readonly Distribution[], range: RttRange): Markup {
  const option = {
    grid: { left: 6, right: 10, top: 8, bottom: 22 },
    xAxis: logAxis(range.fromMicros, range.toMicros),
    yAxis: { type: 'value', show: false, min: 0 },
    series: rows.map(({ ipVersion, classes, handshakes }) => ({
      type: 'line',
      showSymbol: false,
      data: outline(classes, handshakes),
      lineStyle: {
        color: versionColour[ipVersion],
        width: 1.5,
        type: ipVersion === 6 ? [4, 2] : 'solid',
      },
      areaStyle: { color: versionColour[ipVersion], opacity: 0.18 },
    })),
  }
  return drawChart(option, size)
}

/** Steps of a histogram as points; empty classes are at zero. */
function outline(classes: Distribution['classes'], handshakes: number): [number, number][] {
  const points: [number, number][] = []
  let end: number | undefined
  for (const { fromMicros, toMicros, handshakes: count } of classes) {
    const [from, to] = [logMillis(fromMicros), logMillis(toMicros)]
    if (end === undefined) points.push([from, 0])
    else if (from - end > 0.001) points.push([end, 0], [from, 0])
    points.push([from, count / handshakes], [to, count / handshakes])
    end = to
  }
  if (end !== undefined) points.push([end, 0])
  return points
}

const logMillis = (micros: number): number => Math.log10(Math.max(micros, 1) / 1000)
