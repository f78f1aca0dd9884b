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
import {
  DashboardLinkBuilder,
  type DynamicConfigValue,
} from '@grafana/grafana-foundation-sdk/dashboard'
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

/** A legend for many lines in a wide panel: its last and highest values, the highest on top. */
export const besideLegend = (): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Right)
    .showLegend(true)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Last *')
    .sortDesc(true)

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

/** Green at nothing, a colour from one on: for counts of what is wrong. */
export const alarming = (color: string): DynamicConfigValue[] => [
  { id: 'color', value: { mode: 'thresholds' } },
  {
    id: 'thresholds',
    value: {
      mode: 'absolute',
      steps: [
        { color: 'green', value: null },
        { color, value: 1 },
      ],
    },
  },
]

/** A number that is neither good nor bad. */
export const neutral: DynamicConfigValue = {
  id: 'color',
  value: { mode: 'fixed', fixedColor: 'text' },
}

export const severityColours = { page: 'red', ticket: 'orange', note: 'blue' }
export const sensorColours = { alive: 'green', silent: 'red', ended: 'text' }

const siteLink = (site: string): DashboardLinkBuilder =>
  new DashboardLinkBuilder('Dashboard of the site').url(siteUrl(site))

const siteUrl = (site: string): string =>
  `/d/goldpan-site?var-site=\${${site}}&\${service:queryparam}&\${__url_time_range}`

/** Makes a column's cells lead to the dashboard of the site they name. */
export const linkedToSite = (column: string): DynamicConfigValue => ({
  id: 'links',
  value: [{ title: 'Dashboard of the site', url: siteUrl(`__data.fields.${column}`) }],
})

/** Makes the lines of a panel by site lead to the dashboard of their site. */
export const linesBySite = (panel: TimeseriesBuilder): TimeseriesBuilder =>
  panel.dataLinks([siteLink('__field.labels.site')])

export type Target = Builder<Dataquery>
