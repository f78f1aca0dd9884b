import type { Warehouse } from '@goldpan/warehouse'

/** What was seen of a sensor in the warehouse. */
export interface SensorRow {
  readonly sensor: string
  /** Packet time of the heartbeat that came last, seconds since 1970. */
  readonly newest: number
  /** Seconds between that and the warehouse's clock. */
  readonly behind: number
  readonly ended: boolean
}

const sensorsSql = `SELECT
    concat(service, '/', site, '/', sensor) AS sensor,
    argMax(time, (ifNull(arrived, toDateTime64(0, 3, 'UTC')), time)) AS last,
    toFloat64(toUnixTimestamp64Milli(toDateTime64(last, 3))) / 1000 AS newest,
    toFloat64(dateDiff('millisecond', last, now64(3))) / 1000 AS behind,
    argMax(final, (ifNull(arrived, toDateTime64(0, 3, 'UTC')), time)) AS ended
FROM sensor_status
WHERE time >= now64(3) - INTERVAL 1 DAY
GROUP BY service, site, sensor
ORDER BY behind
LIMIT 1000`

/** Sensors of the last day, the newest first. */
export const readSensors = (warehouse: Warehouse): Promise<SensorRow[]> =>
  warehouse.query<SensorRow>(sensorsSql)
