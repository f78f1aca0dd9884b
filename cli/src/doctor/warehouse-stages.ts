import { statfsSync } from 'node:fs'
import { describeBlindness, type KnownNetworks } from '@goldpan/anycast-analyzer'
import { isServerUrl, type Warehouse } from '@goldpan/warehouse'
import type { DoctorContext } from './context.ts'
import { flows, type Stage, stops, unseen, type Verdict } from './stage.ts'

const none = unseen('no warehouse is configured')

/** Codes of a warehouse that answers and lets us in, but has the wrong age. */
const ages = new Set(['OLDER_WAREHOUSE', 'NEWER_WAREHOUSE'])

/** It answers and lets us in. */
export const warehouseStage: Stage = {
  name: 'warehouse',
  async look(context) {
    if (context.warehouseUrl === undefined) return none
    const opened = await context.openWarehouse()
    if (opened.ok || ages.has(opened.error.code ?? '')) {
      return flows(`the warehouse ${context.warehouseUrl} answers`)
    }
    const [sees, ...advice] = opened.error.message.split(': ')
    return stops(sees!, advice.join(': ') || 'look at its log')
  },
}

/** It has the tables of this version. */
export const migrationsStage: Stage = {
  name: 'migrations',
  async look(context) {
    if (context.warehouseUrl === undefined) return none
    const opened = await context.openWarehouse()
    if (opened.ok) return flows('its tables are those of this goldpan')
    const [sees, ...advice] = opened.error.message.split(': ')
    return stops(sees!, advice.join(': '))
  },
}

/** Below this a part of a merge finds no room. */
const freeBytesMin = 100e6
const freeShareMin = 0.01

interface Disk {
  readonly name: string
  readonly free: number
  readonly total: number
}

/** It has room for what comes. */
export const diskStage: Stage = {
  name: 'disk',
  async look(context) {
    if (context.warehouseUrl === undefined) return none
    const opened = await context.openWarehouse()
    if (!opened.ok) return unseen(opened.error.message)
    const disks = await readDisks(context, opened.value)
    if (typeof disks === 'string') return unseen(disks)
    const full = disks.find(({ free, total }) => free < freeBytesMin || free < total * freeShareMin)
    if (!full) return flows(disks.map(describe).join(', '))
    return stops(
      `the warehouse is full: ${describe(full)}`,
      'make room: shorten the retention, drop old partitions, or give it a larger disk',
    )
  },
}

const describe = ({ name, free, total }: Disk): string =>
  `disk ${name} has ${toGigabytes(free)} GB of ${toGigabytes(total)} GB free`
const toGigabytes = (bytes: number): string => (bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 0)

async function readDisks(
  { warehouseUrl }: DoctorContext,
  warehouse: Warehouse,
): Promise<readonly Disk[] | string> {
  if (!isServerUrl(warehouseUrl!)) {
    const { bavail, blocks, bsize } = statfsSync(warehouseUrl!)
    return [{ name: warehouseUrl!, free: bavail * bsize, total: blocks * bsize }]
  }
  try {
    return await warehouse.query<Disk>(
      `SELECT name, toFloat64(unreserved_space) AS free, toFloat64(total_space) AS total
       FROM system.disks`,
    )
  } catch (error) {
    return (error as Error).message
  }
}

/** What was seen of sensors in the warehouse. */
interface SensorRow {
  readonly sensor: string
  /** Seconds between its newest heartbeat's packet time and the warehouse's clock. */
  readonly behind: number
  readonly ended: boolean
}

const sensorsSql = `SELECT
    concat(service, '/', site, '/', sensor) AS sensor,
    toFloat64(dateDiff('millisecond', max(time), now64(3))) / 1000 AS behind,
    argMax(final, time) AS ended
FROM sensor_status
WHERE time >= now64(3) - INTERVAL 1 DAY
GROUP BY service, site, sensor
ORDER BY behind
LIMIT 1000`

const readSensors = (warehouse: Warehouse): Promise<SensorRow[]> =>
  warehouse.query<SensorRow>(sensorsSql)

/** A clock further off than this spoils minutes: packets are filed under wrong ones. */
const clockSecondsMax = 2
/** A sensor's heartbeats may be on their way for some time, but not come from the future. */
const aheadSecondsMax = 10

/** The clocks of this host, the warehouse and the sensors agree. */
export const clockStage: Stage = {
  name: 'clock',
  async look(context) {
    if (context.warehouseUrl === undefined) return none
    const opened = await context.openWarehouse()
    if (!opened.ok) return unseen(opened.error.message)
    const offset = await clockOffsetSeconds(context, opened.value)
    const advice = 'set the clock with NTP (chronyc tracking, timedatectl) on the one that is wrong'
    if (Math.abs(offset) > clockSecondsMax) {
      const way = offset > 0 ? 'ahead of' : 'behind'
      return stops(
        `this host's clock is ${Math.abs(offset).toFixed(1)} s ${way} the warehouse's`,
        advice,
      )
    }
    const ahead = (await readSensors(opened.value)).find(({ behind }) => behind < -aheadSecondsMax)
    if (ahead) {
      return stops(
        `the clock of the sensor ${ahead.sensor} is ${(-ahead.behind).toFixed(0)} s ahead`,
        advice,
      )
    }
    return flows(`this host and the warehouse are ${Math.abs(offset).toFixed(2)} s apart`)
  },
}

async function clockOffsetSeconds(context: DoctorContext, warehouse: Warehouse): Promise<number> {
  const sql = 'SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS millis'
  const before = context.now()
  const [row] = await warehouse.query<{ millis: number }>(sql)
  const middle = (before + context.now()) / 2
  return (middle - row!.millis) / 1000
}

/** A sensor speaks every ten seconds; this long it may be silent. */
const silentSecondsMax = 120

/** Rows of the last minutes are readable. */
export const rowsStage: Stage = {
  name: 'rows',
  async look(context) {
    if (context.warehouseUrl === undefined) return none
    const opened = await context.openWarehouse()
    if (!opened.ok) return unseen(opened.error.message)
    const sensors = (await readSensors(opened.value)).filter(({ ended }) => !ended)
    const newest = sensors[0]
    if (!newest) {
      return stops(
        'no sensor has reported to the warehouse within a day',
        'run goldpan doctor on a sensor’s host: its stages are not visible from here',
      )
    }
    if (newest.behind > silentSecondsMax) {
      return stops(
        `the newest report of a sensor is ${newest.behind.toFixed(0)} s old (${newest.sensor})`,
        'run goldpan doctor on that sensor’s host; if all is well there, its clock is behind',
      )
    }
    return flows(
      `the newest report is ${newest.behind.toFixed(0)} s old`,
      silentNotes(sensors.filter(({ behind }) => behind > silentSecondsMax)),
    )
  },
}

const silentNotes = (silent: readonly SensorRow[]): string[] =>
  silent
    .slice(0, 20)
    .map(({ sensor, behind }) => `${sensor} is silent for ${behind.toFixed(0)} s: look at its host`)

/** A running analyzer decides a minute soon after its end. */
const undecidedSecondsMax = 300

/** The analyzer keeps up. */
export const analyzerStage: Stage = {
  name: 'analyzer',
  async look(context): Promise<Verdict> {
    if (context.warehouseUrl === undefined) return none
    const opened = await context.openWarehouse()
    if (!opened.ok) return unseen(opened.error.message)
    const [row] = await opened.value.query<{ states: number; behind: number }>(
      `SELECT toUInt32(count()) AS states,
         toFloat64(toUnixTimestamp(now())) - (max(minute) + 1) * 60. AS behind
       FROM analyzer_states`,
    )
    if (!row || row.states === 0) return unseen('goldpan watch has never run on this warehouse')
    if (row.behind > undecidedSecondsMax) {
      return stops(
        `the last minute was decided ${(row.behind / 60).toFixed(0)} minutes ago`,
        'start goldpan watch, or read why it does not go on: its log, ' +
          `${context.urls.watch}/readyz`,
      )
    }
    const sees = `the last decided minute ended ${row.behind.toFixed(0)} s ago`
    return flows(sees, await blindnessNotes(opened.value))
  },
}

/** What the analyzer cannot find in the last minutes, for want of networks or countries. */
async function blindnessNotes(warehouse: Warehouse): Promise<string[]> {
  const [known] = await warehouse.query<KnownNetworks>(
    `SELECT toFloat64(countIf(network AND land)) AS networkAndCountry,
       toFloat64(countIf(network AND NOT land)) AS networkAlone,
       toFloat64(countIf(NOT network AND land)) AS countryAlone,
       toFloat64(countIf(NOT network AND NOT land)) AS neither
     FROM
     (
       SELECT max(ifNull(asn, 0)) > 0 AS network, max(ifNull(toString(country), '')) != '' AS land
       FROM handshakes
       WHERE time >= now64(3) - INTERVAL 10 MINUTE AND excluded = ''
       GROUP BY service, prefix
     )`,
  )
  const blindness = describeBlindness(known!)
  return blindness ? [blindness.sentence] : []
}
