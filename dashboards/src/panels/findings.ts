import type { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import {
  alarming,
  coloured,
  houseStat,
  houseTable,
  linkedToSite,
  severityColours,
  titled,
  unit,
  width,
} from '../house.ts'

/** What is wrong now, worst first. */
export const openFindings = (): TableBuilder =>
  houseTable('Open findings, worst first', 'panel-open-findings')
    .noValue('Nothing is open')
    .overrideByName('severity', [...coloured(severityColours), width(90)])
    .overrideByName('kind', [width(170)])
    .overrideByName('site', [linkedToSite('site'), width(80)])
    .overrideByName('state', [width(110)])
    .overrideByName('opened', [width(170)])
    .overrideByName('lost_time', [titled('lost time'), lostTime, width(110)])
    .overrideByName('excess_ms', [titled('excess'), unit('ms'), width(90)])
    .overrideByName('queries_per_second', [titled('queries'), unit('reqps'), width(100)])
    .overrideByName('id', [width(120)])

/** How much is wrong now. */
export const openFindingCounts = (): StatBuilder =>
  houseStat('Open findings', 'panel-open-finding-counts')
    .overrideByName('pages', alarming(severityColours.page))
    .overrideByName('tickets', alarming(severityColours.ticket))
    .overrideByName('notes', alarming(severityColours.note))

/** What was wrong at the chosen site in the time range. */
export const siteFindings = (): TableBuilder =>
  houseTable('Findings of the site', 'panel-site-findings')
    .noValue('Nothing was found here in this time range')
    .overrideByName('severity', [...coloured(severityColours), width(90)])
    .overrideByName('kind', [width(170)])
    .overrideByName('state', [width(110)])
    .overrideByName('opened', [width(170)])
    .overrideByName('resolved', [width(170)])
    .overrideByName('lost_time', [titled('lost time'), lostTime, width(110)])
    .overrideByName('id', [width(120)])

/** Milliseconds that clients lose in every second: Grafana would make minutes of plain ms. */
const lostTime = unit('suffix: ms/s')
