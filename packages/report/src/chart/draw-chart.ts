import { CustomChart, LineChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { Markup } from '../html/markup.ts'

/**
 * Charts as SVG, drawn here and not in the browser. Colours are CSS variables of the page, so that
 * one drawing serves light, dark and paper. Imported lazily: echarts costs most of a second.
 */

use([CustomChart, LineChart, GridComponent, MarkLineComponent, SVGRenderer])

export const inkColour = 'var(--muted)'
export const lineColour = 'var(--line)'

export interface ChartSize {
  /** In CSS pixels; the drawing scales down with its box. */
  readonly width: number
  readonly height: number
}

/** An SVG element without styles and scripts. The figure around it has the words. */
export function drawChart(option: EChartsCoreOption, { width, height }: ChartSize): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({
    ...{ animation: false, color: [inkColour], textStyle: { fontFamily: 'inherit' } },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return Markup.trusted(
    svg
      .replaceAll(/<style[\s\S]*?<\/style>/g, '')
      .replaceAll(/ class="zr[^"]*"| pointer-events="visible"/g, '')
      .replace(/^<svg [^>]*>/, `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">`),
  )
}

/** Colour of an IP version, everywhere. */
export const versionColour = { 4: 'var(--v4)', 6: 'var(--v6)' } as const

/** A label of an axis, as all charts have it. */
export const axisLabel = { color: inkColour, fontSize: 11 } as const

/** An RTT axis for whole powers and their halves, in log10 of milliseconds. */
export function logAxis(fromMicros: number, toMicros: number): object {
  return {
    type: 'value',
    min: Math.log10(Math.max(fromMicros, 1) / 1000),
    max: Math.log10(toMicros / 1000),
    axisLine: { lineStyle: { color: lineColour } },
    axisTick: { show: false, customValues: logTicks },
    splitLine: { lineStyle: { color: lineColour } },
    axisLabel: {
      ...axisLabel,
      customValues: logTicks,
      formatter: (value: number) => String(Number((10 ** value).toPrecision(1))),
      hideOverlap: true,
    },
  }
}

/** 0.1, 0.3, 1, 3, 10 … ms. */
const logTicks = [-2, -1, 0, 1, 2, 3].flatMap((power) => [power, power + Math.log10(3)])
