import type { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import type { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import type { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { DurationSeconds, EventsPerSecond } from '@grafana/grafana-foundation-sdk/units'
import {
  alarming,
  coloured,
  houseStat,
  houseStateTimeline,
  houseTable,
  houseTimeseries,
  linkedToSite,
  neutral,
  sensorColours,
  titled,
  unit,
} from '../house.ts'

/** How many sensors speak, of how many that should. */
export const sensorsAlive = (): StatBuilder =>
  houseStat('Sensors', 'panel-sensors-alive')
    .overrideByName('alive', [neutral])
    .overrideByName('known', [neutral])
    .overrideByName('silent', alarming(sensorColours.silent))

/** Each sensor with its last heartbeat. */
export const sensors = (): TableBuilder =>
  houseTable('Sensors, the longest silent first', 'panel-sensors')
    .noValue('No sensor was heard in the last day')
    .overrideByName('site', [linkedToSite('site')])
    .overrideByName('state', coloured(sensorColours))
    .overrideByName('last_heartbeat', [titled('last heartbeat')])
    .overrideByName('silent_seconds', [titled('silent'), unit(DurationSeconds)])
    .overrideByName('kernel_drops', [titled('kernel drops')])
    .overrideByName('ended', [{ id: 'custom.hidden', value: true }])

/** When each sensor spoke. */
export const heartbeats = (): TimelineBuilder =>
  houseStateTimeline('Heartbeats: a gap is a silent sensor', 'panel-heartbeats').mappings([
    {
      type: 'value',
      options: { 1: { text: 'alive', color: sensorColours.alive, index: 0 } },
    } as never,
  ])

/** What the sensors threw away, and why. */
export const sensorCounters = (): TimeseriesBuilder =>
  houseTimeseries('Discards and other events, by reason', 'panel-sensor-counters').unit(
    EventsPerSecond,
  )
