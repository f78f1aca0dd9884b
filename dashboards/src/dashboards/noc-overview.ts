import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { houseDashboard, placed } from '../house-dashboard.ts'
import { openFindingCounts, openFindings } from '../panels/findings.ts'
import { deadLetters, ingestLag } from '../panels/ingest.ts'
import { medianRttBySite, rttBands } from '../panels/rtt.ts'
import { heartbeats, sensors, sensorsAlive } from '../panels/sensors.ts'
import { coverage, handshakesBySite, queriesBySite } from '../panels/traffic.ts'
import { ipVersionVariable, serviceVariable, sitesVariable } from '../variables.ts'

export const nocOverviewUid = 'goldpan-noc'

/** Panels that alert rules point at. */
export const nocPanel = { openFindings: 2, sensors: 5, ingestLag: 9, deadLetters: 10 }

/** What a NOC engineer looks at first: is anything wrong, and can we see at all. */
export const nocOverview = (): DashboardBuilder =>
  houseDashboard(nocOverviewUid, 'Goldpan NOC overview', 'Is anything wrong, and can we see it?')
    .withVariable(serviceVariable())
    .withVariable(sitesVariable())
    .withVariable(ipVersionVariable())
    .withPanel(placed(openFindingCounts(), { id: 1, x: 0, y: 0, w: 8, h: 4 }))
    .withPanel(placed(sensorsAlive(), { id: 3, x: 8, y: 0, w: 6, h: 4 }))
    .withPanel(placed(coverage(), { id: 4, x: 14, y: 0, w: 10, h: 4 }))
    .withPanel(placed(openFindings(), { id: nocPanel.openFindings, x: 0, y: 4, w: 24, h: 9 }))
    .withPanel(placed(medianRttBySite(), { id: 6, x: 0, y: 13, w: 24, h: 9 }))
    .withPanel(placed(queriesBySite(), { id: 7, x: 0, y: 22, w: 12, h: 8 }))
    .withPanel(placed(handshakesBySite(), { id: 8, x: 12, y: 22, w: 12, h: 8 }))
    .withPanel(placed(sensors(), { id: nocPanel.sensors, x: 0, y: 30, w: 24, h: 9 }))
    .withPanel(placed(heartbeats(), { id: 11, x: 0, y: 39, w: 24, h: 8 }))
    .withPanel(placed(ingestLag(), { id: nocPanel.ingestLag, x: 0, y: 47, w: 12, h: 6 }))
    .withPanel(placed(deadLetters(), { id: nocPanel.deadLetters, x: 12, y: 47, w: 12, h: 6 }))
    .withPanel(
      placed(rttBands('Handshake RTT of $site'), { id: 12, x: 0, y: 53, w: 8, h: 8 })
        .repeat('site')
        .repeatDirection('h')
        .maxPerRow(3),
    )
