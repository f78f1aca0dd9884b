import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import type { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { DurationSeconds } from '@grafana/grafana-foundation-sdk/units'
import { houseTable, houseTimeseries, titled, unit } from '../house.ts'

/** How old the newest rows are. */
export const ingestLag = (): TableBuilder =>
  houseTable('Newest rows', 'panel-ingest-lag')
    .noValue('The tables are empty')
    .overrideByName('table_name', [titled('table')])
    .overrideByName('lag_seconds', [titled('behind'), unit(DurationSeconds)])

/** What the estimator could not take. */
export const deadLetters = (): TimeseriesBuilder =>
  houseTimeseries('Dead letters', 'panel-dead-letters').noValue('None').unit('short')
