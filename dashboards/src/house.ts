import { type GrafanaQueryName, readGrafanaQuery } from '@goldpan/warehouse'
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  AxisPlacement,
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { clickhouse, datasourceRef } from './clickhouse.ts'

/** The look of all panels: change it here, nowhere else. */

/** Rollups hold minutes: a finer slot would show gaps. */
const intervalMin = '1m'
/** Slots of one picture: 6 h in slots of 2 min, a day in 5 min; each costs a merge a series. */
const slotsMax = 200

/** Lines over time, one per value of the statement's text column. */
export function houseTimeseries(title: string, query: GrafanaQueryName): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(title)
    .description(readGrafanaQuery(query).about)
    .datasource(datasourceRef)
    .withTarget(clickhouse(query, 'timeseries'))
    .interval(intervalMin)
    .maxDataPoints(slotsMax)
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .axisPlacement(AxisPlacement.Auto)
    .min(0)
    .legend(houseLegend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
}

/** Rows as they come: the statement sorts and limits them. */
export function houseTable(title: string, query: GrafanaQueryName): TableBuilder {
  return new TableBuilder()
    .title(title)
    .description(readGrafanaQuery(query).about)
    .datasource(datasourceRef)
    .withTarget(clickhouse(query, 'table'))
    .filterable(true)
}

/** A few numbers, large. */
export function houseStat(title: string, query: GrafanaQueryName): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(readGrafanaQuery(query).about)
    .datasource(datasourceRef)
    .withTarget(clickhouse(query, 'table'))
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('/.*/'))
}

/** Bars of states over time, one row per value of the statement's text column. */
export function houseStateTimeline(title: string, query: GrafanaQueryName): StateTimelineBuilder {
  return new StateTimelineBuilder()
    .title(title)
    .description(readGrafanaQuery(query).about)
    .datasource(datasourceRef)
    .withTarget(clickhouse(query, 'timeseries'))
    .interval(intervalMin)
    .maxDataPoints(slotsMax)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .legend(new VizLegendOptionsBuilder().showLegend(false))
}

const houseLegend = (): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)

/** A column's unit, where a table has several. */
export const unit = (id: string): DynamicConfigValue => ({ id: 'unit', value: id })

/** A column's width in pixels. */
export const width = (pixels: number): DynamicConfigValue => ({
  id: 'custom.width',
  value: pixels,
})

/** A column's title. */
export const titled = (title: string): DynamicConfigValue => ({ id: 'displayName', value: title })

/** Colours a column of severities or states by its text. */
export const coloured = (colours: Readonly<Record<string, string>>): DynamicConfigValue[] => [
  {
    id: 'mappings',
    value: [
      {
        type: 'value',
        options: Object.fromEntries(
          Object.entries(colours).map(([text, color], index) => [text, { color, index }]),
        ),
      },
    ],
  },
  { id: 'custom.cellOptions', value: { type: 'color-text' } },
]

export const severityColours = { page: 'red', ticket: 'orange', note: 'blue' }
export const sensorColours = { alive: 'green', silent: 'red', ended: 'text' }

/** Makes a column's cells lead to the dashboard of the site they name. */
export const linkedToSite = (column: string): DynamicConfigValue => ({
  id: 'links',
  value: [
    {
      title: 'Site',
      url:
        `/d/goldpan-site?var-site=\${__data.fields.${column}}` +
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in.
        '&${service:queryparam}&${__url_time_range}',
    },
  ],
})

export type Target = Builder<Dataquery>
