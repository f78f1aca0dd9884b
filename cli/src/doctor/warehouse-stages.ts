import { statfsSync } from 'node:fs'
import { describeBlindness, type KnownNetworks } from '@goldpan/anycast-analyzer'
import { isServerUrl, type Warehouse } from '@goldpan/warehouse'
import { askWarehouse } from './ask-warehouse.ts'
import type { DoctorContext } from './context.ts'
import { readSensors, type SensorRow } from './sensor-rows.ts'
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

/** A sensor speaks every ten seconds; this long it may be silent. */
const silentSecondsMax = 120

/** Rows of the last minutes are readable. */
export const rowsStage: Stage = {
  name: 'rows',
  look: (context) => askWarehouse(context, lookAtRows),
}

async function lookAtRows(warehouse: Warehouse): Promise<Verdict> {
  const sensors = (await readSensors(warehouse)).filter(({ ended }) => !ended)
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
}

const silentNotes = (silent: readonly SensorRow[]): string[] =>
  silent
    .slice(0, 20)
    .map(({ sensor, behind }) => `${sensor} is silent for ${behind.toFixed(0)} s: look at its host`)

/** A running analyzer decides a minute soon after its end. */
const undecidedSecondsMax = 300

/** The analyzer keeps up with every service that sensors report of. */
export const analyzerStage: Stage = {
  name: 'analyzer',
  look: (context) =>
    askWarehouse(context, async (warehouse) => {
      const [worst] = await warehouse.query<{ service: string; behind: number }>(decidedSql)
      if (!worst) return unseen('goldpan watch has never run on this warehouse')
      if (worst.behind > undecidedSecondsMax) {
        return stops(
          `the last minute of ${worst.service} was decided ` +
            `${(worst.behind / 60).toFixed(0)} minutes ago`,
          'start goldpan watch, or read why it does not go on: its log, ' +
            `${context.urls.watch}/readyz`,
        )
      }
      const sees = `the last decided minute ended ${worst.behind.toFixed(0)} s ago`
      return flows(sees, await blindnessNotes(warehouse))
    }),
}

/** Services that are silent have nothing to decide; where all are, the newest speaks. */
const decidedSql = `WITH service IN
    (
        SELECT service FROM sensor_status
        GROUP BY service, site, sensor
        HAVING max(time) >= now64(3) - INTERVAL 10 MINUTE AND NOT argMax(final, time)
    ) AS is_heard
SELECT
    service,
    toFloat64(toUnixTimestamp(now())) - (max(minute) + 1) * 60. AS behind
FROM analyzer_states
GROUP BY service
ORDER BY is_heard DESC, if(is_heard, -behind, behind)
LIMIT 1`

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
