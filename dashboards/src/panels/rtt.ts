import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'
import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import type { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { Microseconds } from '@grafana/grafana-foundation-sdk/units'
import { besideLegend, houseTable, houseTimeseries, linesBySite, titled, unit } from '../house.ts'

/** The median of every site in one picture. */
export const medianRttBySite = (): TimeseriesBuilder =>
  linesBySite(houseTimeseries('Median handshake RTT by site', 'panel-median-rtt-by-site'))
    .unit(Microseconds)
    .legend(besideLegend())

/** A band from p10 to p90 around one from p25 to p75 around the median. */
export const rttBands = (title: string): TimeseriesBuilder =>
  houseTimeseries(title, 'panel-rtt-bands')
    .unit(Microseconds)
    .overrideByName('p90', bandOver('p75', 8))
    .overrideByName('p75', bandOver('p50', 18))
    .overrideByName('p50', [...blue, { id: 'custom.lineWidth', value: 2 }, ...below('p25', 18)])
    .overrideByName('p25', bandOver('p10', 8))
    .overrideByName('p10', bare)

/** The networks that a site serves most, and how far they are. */
export const siteNetworks = (): TableBuilder =>
  withQuantiles(houseTable('Networks of the site', 'panel-site-networks')).noValue(nobody)

/** The countries that a site serves most, and how far they are. */
export const siteCountries = (): TableBuilder =>
  withQuantiles(houseTable('Countries of the site', 'panel-site-countries')).noValue(nobody)

const nobody = 'No handshake at this site in this time range'

const blue: DynamicConfigValue[] = [{ id: 'color', value: { mode: 'fixed', fixedColor: 'blue' } }]
const bare: DynamicConfigValue[] = [...blue, { id: 'custom.lineWidth', value: 0 }]
const below = (series: string, opacity: number): DynamicConfigValue[] => [
  { id: 'custom.fillBelowTo', value: series },
  { id: 'custom.fillOpacity', value: opacity },
]
const bandOver = (series: string, opacity: number): DynamicConfigValue[] => [
  ...bare,
  ...below(series, opacity),
]

const withQuantiles = (table: TableBuilder): TableBuilder =>
  table
    .overrideByRegexp('^p\\d+$', [unit(Microseconds)])
    .overrideByName('asn', [titled('AS'), unit('none')])
