import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import type { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { PercentUnit } from '@grafana/grafana-foundation-sdk/units'
import { houseTable, houseTimeseries, linesBySite, titled, unit } from '../house.ts'

/** How many handshakes there are to speak from. */
export const handshakesBySite = (): TimeseriesBuilder =>
  linesBySite(houseTimeseries('Handshakes by site', 'panel-handshakes-by-site')).unit(
    'suffix: handshakes/s',
  )

/** How much the sites serve. */
export const queriesBySite = (): TimeseriesBuilder =>
  linesBySite(houseTimeseries('Queries by site', 'panel-queries-by-site')).unit('suffix: queries/s')

/** How many clients come over TCP, and how many are told to. */
export const tcpShare = (): TimeseriesBuilder =>
  houseTimeseries('TCP queries and truncated answers', 'panel-tcp-share').unit(PercentUnit)

/** What part of the service the RTTs can speak about. */
export const coverage = (): TableBuilder =>
  houseTable('Coverage, last hour', 'panel-coverage')
    .noValue('No traffic in the last hour of the time range')
    .overrideByName('family', [titled('')])
    .overrideByName('queries_share', [titled('queries'), unit(PercentUnit)])
    .overrideByName('prefixes_share', [titled('prefixes'), unit(PercentUnit)])
    .overrideByName('networks_share', [titled('networks'), unit(PercentUnit)])
    .overrideByName('prefixes_seen', [titled('prefixes seen')])
