import type { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { coloured, houseStat, houseTable, severityColours, titled, unit, width } from '../house.ts'

/** What is wrong now, worst first. */
export const openFindings = (): TableBuilder =>
  houseTable('Open findings, worst first', 'panel-open-findings')
    .noValue('Nothing is open')
    .overrideByName('severity', [...coloured(severityColours), width(90)])
    .overrideByName('kind', [width(170)])
    .overrideByName('state', [width(110)])
    .overrideByName('opened', [width(170)])
    .overrideByName('lost_time', [titled('lost time'), unit('ms'), width(100)])
    .overrideByName('excess_ms', [titled('excess'), unit('ms'), width(90)])
    .overrideByName('queries_per_second', [titled('queries'), unit('reqps'), width(100)])
    .overrideByName('id', [width(120)])

/** How much is wrong now. */
export const openFindingCounts = (): StatBuilder =>
  houseStat('Open findings', 'panel-open-finding-counts')
    .overrideByName('pages', [{ id: 'color', value: fixed(severityColours.page) }])
    .overrideByName('tickets', [{ id: 'color', value: fixed(severityColours.ticket) }])
    .overrideByName('notes', [{ id: 'color', value: fixed(severityColours.note) }])

/** What was wrong at the chosen site in the time range. */
export const siteFindings = (): TableBuilder =>
  houseTable('Findings of the site', 'panel-site-findings')
    .noValue('Nothing was found here in this time range')
    .overrideByName('severity', [...coloured(severityColours), width(90)])
    .overrideByName('kind', [width(170)])
    .overrideByName('state', [width(110)])
    .overrideByName('opened', [width(170)])
    .overrideByName('resolved', [width(170)])
    .overrideByName('lost_time', [titled('lost time'), unit('ms'), width(100)])
    .overrideByName('id', [width(120)])

const fixed = (color: string): object => ({ mode: 'fixed', fixedColor: color })
