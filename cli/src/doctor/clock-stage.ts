import { setTimeout as delay } from 'node:timers/promises'
import type { Warehouse } from '@goldpan/warehouse'
import { askWarehouse } from './ask-warehouse.ts'
import type { DoctorContext } from './context.ts'
import { readSensors, type SensorRow } from './sensor-rows.ts'
import { flows, type Stage, stops } from './stage.ts'

/** A clock further off than this spoils minutes: packets are filed under wrong ones. */
const clockSecondsMax = 2
/** A sensor's heartbeats may be on their way for some time, but not come from the future. */
const aheadSecondsMax = 10
/** A heartbeat takes less from its sensor to the warehouse, unless the line has a backlog. */
const behindSecondsMax = 60
/** A sensor speaks every ten seconds. */
const heartbeatSeconds = 12

const advice = 'set the clock with NTP (chronyc tracking, timedatectl) on the one that is wrong'

/** The clocks of this host, the warehouse and the sensors agree. */
export const clockStage: Stage = {
  name: 'clock',
  look: (context) =>
    askWarehouse(context, async (warehouse) => {
      const offset = await clockOffsetSeconds(context, warehouse)
      if (Math.abs(offset) > clockSecondsMax) {
        const way = offset > 0 ? 'ahead of' : 'behind'
        return stops(
          `this host's clock is ${Math.abs(offset).toFixed(1)} s ${way} the warehouse's`,
          advice,
        )
      }
      const sensors = await readSensors(warehouse)
      const ahead = sensors.find(({ behind }) => behind < -aheadSecondsMax)
      if (ahead) {
        return stops(
          `the clock of the sensor ${ahead.sensor} is ${(-ahead.behind).toFixed(0)} s ahead`,
          advice,
        )
      }
      const late = await findLateClock(context, warehouse, sensors)
      if (late) {
        return stops(
          `the clock of the sensor ${late.sensor} is ${late.behind.toFixed(0)} s behind: it ` +
            'reports now, with times of then',
          advice,
        )
      }
      return flows(`this host and the warehouse are ${Math.abs(offset).toFixed(2)} s apart`)
    }),
}

async function clockOffsetSeconds(context: DoctorContext, warehouse: Warehouse): Promise<number> {
  const sql = 'SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS millis'
  const before = context.now()
  const [row] = await warehouse.query<{ millis: number }>(sql)
  const middle = (before + context.now()) / 2
  return (middle - row!.millis) / 1000
}

/**
 * A sensor whose newest heartbeat is old, and that reports on: one that is silent does not, and
 * one whose backlog is caught up with comes nearer much faster than time passes.
 */
async function findLateClock(
  { seconds }: DoctorContext,
  warehouse: Warehouse,
  first: readonly SensorRow[],
): Promise<SensorRow | undefined> {
  const late = first.filter(({ behind, ended }) => !ended && behind > behindSecondsMax)
  if (late.length === 0) return undefined
  const before = new Map(late.map((row) => [row.sensor, row.newest]))
  const reportsOn = ({ sensor, newest }: SensorRow): boolean => {
    const advanced = newest - (before.get(sensor) ?? newest)
    return advanced > 0 && advanced <= 2 * heartbeatSeconds
  }
  for (let waited = 0; waited < Math.max(seconds, heartbeatSeconds); waited++) {
    await delay(1000)
    const found = (await readSensors(warehouse)).find(
      (row) => row.behind > behindSecondsMax && reportsOn(row),
    )
    if (found) return found
  }
  return undefined
}
