import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { findingAnnotations } from './annotations.ts'

const tag = 'goldpan'

/** A dashboard as all of ours are: UTC, one crosshair, findings over its pictures, links. */
export function houseDashboard(uid: string, title: string, about: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags([tag])
    .timezone('utc')
    .readonly()
    .refresh('1m')
    .time({ from: 'now-6h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .annotation(findingAnnotations())
    .link(
      new DashboardLinkBuilder('Goldpan')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
}

/** Where a panel stands; its number is in links and alerts, so it never changes. */
export interface Place {
  readonly id: number
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

interface PlaceablePanel extends Builder<Panel> {
  id(id: number): this
  gridPos(position: Omit<Place, 'id'>): this
}

/** Puts a panel at its place of the grid, 24 wide. */
export const placed = <Placed extends PlaceablePanel>(
  panel: Placed,
  { id, ...position }: Place,
): Placed => panel.id(id).gridPos(position)
