import { randomBytes } from 'node:crypto'
import type { Log, Readiness } from '@goldpan/runtime'
import type { ConfigOf } from '@goldpan/runtime/config'
import type { KafkaOptions } from '@goldpan/runtime/kafka'
import type { Warehouse } from '@goldpan/warehouse'
import { Backlog } from './backlog.ts'
import { messageDaysMax } from './check-record.ts'
import type { estimateSection } from './config.ts'
import { createDeadLetters } from './dead-letters.ts'
import { GroupEstimator } from './group-estimator.ts'
import type { EstimatorMetrics } from './metrics.ts'
import { readActiveParts, waitFactor } from './part-pressure.ts'
import { type Places, storePlaces } from './places.ts'
import type { LineLimits } from './range-line.ts'
import { SensorClocks } from './sensor-clocks.ts'

export interface EstimateAppOptions {
  readonly config: ConfigOf<{ readonly estimate: typeof estimateSection }>['estimate']
  readonly kafka: KafkaOptions
  readonly warehouse: Warehouse
  readonly log: Log
  readonly metrics: EstimatorMetrics
  readonly places: Places
}

export interface EstimateApp {
  start(): Promise<void>
  /** Takes other places and networks for the rows to come. */
  reload(places: Places): Promise<void>
  readiness(): Readiness
  stop(): Promise<void>
}

/** A block is smaller than 500 k rows and 256 MB, and lies in few partitions of its table. */
const blockRowsMax = 500_000
/** Of a backlog a block takes so many times the rows that close one. */
const backlogFactor = 4
const blockMost = {
  ...{ bytesMax: 200 * 2 ** 20, messagesMax: 10_000 },
  daysMax: 2 * messageDaysMax,
}
const partsEveryMillis = 5_000
/** Without a sign of life from the bus for so long it is not ready. */
const quietMillisMax = 10_000

/** Bus → checked, enriched rows → warehouse, as a member of a consumer group. */
export function createEstimateApp(options: EstimateAppOptions): EstimateApp {
  const { config, kafka, warehouse, log, metrics } = options
  let { networks, sites } = options.places
  let factor = 1
  let watch: NodeJS.Timeout | undefined
  const backlog = new Backlog()
  const rowsMin = config.range_rows
  const rowsMost = Math.min(backlogFactor * rowsMin, blockRowsMax)
  const limits = (): LineLimits => ({
    ...blockMost,
    ...{ rowsMin, rowsMax: backlog.share(rowsMin, rowsMost) },
    ageMillis: config.range_age * factor,
    proofMillis: config.session_timeout / 2,
  })
  const now = () => performance.now()
  const deadLetters = createDeadLetters(warehouse, { ...kafka, log, metrics, now })
  const shared = {
    ...{ warehouse, deadLetters, limits, backlog, metrics, log },
    clocks: new SensorClocks({ log, metrics }),
    networks: () => networks,
    now,
    newIncarnation: () => randomBytes(8).toString('base64url'),
  }
  const group = new GroupEstimator({
    shared,
    kafka: {
      ...kafka,
      ...{ log, clientId: 'goldpan-estimator', group: config.group },
      sessionMillis: config.session_timeout,
      standMillis: config.stand_still,
    },
  })
  let isLooking = false
  const lookAtParts = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      const parts = await readActiveParts(warehouse)
      metrics.activeParts(parts)
      factor = waitFactor(parts)
    } catch (error) {
      log.debug({ reason: (error as Error).message }, 'active parts cannot be counted')
    } finally {
      isLooking = false
    }
  }
  return {
    async start() {
      await storePlaces(warehouse, options.places)
      watch = setInterval(() => void lookAtParts(), partsEveryMillis)
      group.start()
      void deadLetters.prepare()
    },
    async reload(places) {
      const vanished = vanishedSites(sites, places.sites)
      ;({ networks, sites } = places)
      await storePlaces(warehouse, places)
      if (vanished !== '') log.warn({ sites: vanished }, vanishedNotice)
    },
    readiness: () => ({ notReady: notReady(group) }),
    async stop() {
      clearInterval(watch)
      await group.stop()
      await deadLetters.close()
    },
  }
}

const vanishedNotice =
  'sites stand no longer in the file of --sites: what is known of them stays as it was'

/** Codes of the sites that a new file leaves out. */
function vanishedSites(before: Places['sites'], now: Places['sites']): string {
  const codes = new Set(now.map(({ code }) => code))
  return before
    .map(({ code }) => code)
    .filter((code) => !codes.has(code))
    .join(', ')
}

function notReady({ isMember, standingMillis }: GroupEstimator): string[] {
  const quietSeconds = Math.round(standingMillis / 1000)
  if (standingMillis > quietMillisMax) return [`the bus is silent since ${quietSeconds} s`]
  return isMember ? [] : ['it has not joined the group yet']
}
