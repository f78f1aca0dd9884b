import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { houseDashboard, placed } from '../house-dashboard.ts'
import { siteFindings } from '../panels/findings.ts'
import { rttBands, siteCountries, siteNetworks } from '../panels/rtt.ts'
import { sensorCounters, sensors } from '../panels/sensors.ts'
import { coverage, handshakesBySite, queriesBySite, tcpShare } from '../panels/traffic.ts'
import { ipVersionVariable, serviceVariable, siteVariable } from '../variables.ts'

export const siteUid = 'goldpan-site'

/** One site: whom it serves, how far they are, what its sensors see. */
export const site = (): DashboardBuilder =>
  houseDashboard(siteUid, 'Goldpan site', 'Whom one site serves and how far they are.')
    .withVariable(serviceVariable())
    .withVariable(siteVariable())
    .withVariable(ipVersionVariable())
    .withPanel(placed(siteFindings(), { id: 1, x: 0, y: 0, w: 24, h: 7 }))
    .withPanel(
      placed(rttBands('Handshake RTT, IPv$ip_version'), { id: 2, x: 0, y: 7, w: 12, h: 9 })
        .repeat('ip_version')
        .repeatDirection('h')
        .maxPerRow(2),
    )
    .withPanel(placed(siteNetworks(), { id: 3, x: 0, y: 16, w: 12, h: 10 }))
    .withPanel(placed(siteCountries(), { id: 4, x: 12, y: 16, w: 12, h: 10 }))
    .withPanel(placed(queriesBySite(), { id: 5, x: 0, y: 26, w: 8, h: 8 }))
    .withPanel(placed(handshakesBySite(), { id: 6, x: 8, y: 26, w: 8, h: 8 }))
    .withPanel(placed(tcpShare(), { id: 7, x: 16, y: 26, w: 8, h: 8 }))
    .withPanel(placed(coverage(), { id: 8, x: 0, y: 34, w: 24, h: 4 }))
    .withPanel(placed(sensors(), { id: 9, x: 0, y: 38, w: 24, h: 6 }))
    .withPanel(placed(sensorCounters(), { id: 10, x: 0, y: 44, w: 24, h: 8 }))
