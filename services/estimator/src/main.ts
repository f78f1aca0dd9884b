import { err, ok, type Result } from '@goldpan/core'
import { createLifecycle, createLog, createMetrics, serveHealth } from '@goldpan/runtime'
import {
  busSection,
  type ConfigOf,
  httpSection,
  logSection,
  readConfig,
  warehouseSection,
} from '@goldpan/runtime/config'
import { readBusOptions } from '@goldpan/runtime/kafka'
import type { Warehouse, WarehouseError } from '@goldpan/warehouse'
import { createEstimateApp } from './app.ts'
import { estimateSection } from './config.ts'
import { applyConfiguredRetention } from './configured-retention.ts'
import { readPlaces } from './enrichment.ts'
import { estimateFolder } from './estimate-folder.ts'
import { followPlaces } from './follow-places.ts'
import { createEstimatorMetrics } from './metrics.ts'

export const estimateSections = {
  ...{ bus: busSection, warehouse: warehouseSection, estimate: estimateSection },
  ...{ http: httpSection, log: logSection },
}

/** Between two looks at whether the files of networks and sites changed. */
const lookEveryMillis = 10_000

export interface EstimateInputs {
  /** The YAML file. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly overrides: Readonly<Record<string, unknown>>
  /** Opens the warehouse that the configuration names; tries that failed are told. */
  readonly openWarehouse: (
    config: ConfigOf<typeof estimateSections>['warehouse'],
    onRetry: (error: WarehouseError) => void,
  ) => Promise<Result<Warehouse, { readonly message: string }>>
}

/** Runs `goldpan estimate` until it is stopped; the error is a sentence. */
export async function runEstimate(inputs: EstimateInputs): Promise<Result<number, string>> {
  const read = readConfig(estimateSections, inputs)
  if (!read.ok) return err(read.error.message)
  const { bus: busConfig, warehouse: wanted, estimate, http, log: logging } = read.value.config
  const bus = readBusOptions(busConfig)
  if (!bus.ok) return bus
  const places = readPlaces(estimate)
  if (!places.ok) return places
  const log = createLog({ level: logging.level, component: 'estimate' })
  const opened = await inputs.openWarehouse(wanted, ({ message: reason }) =>
    log.warnRarely({ reason }, 'the warehouse did not take a statement, trying again'),
  )
  if (!opened.ok) return err(opened.error.message)
  const warehouse = opened.value
  const retained = await applyConfiguredRetention(wanted.retention, warehouse, log)
  if (!retained.ok) {
    await warehouse.close()
    return retained
  }
  if (bus.value.kind === 'file') {
    return estimateFolder(bus.value.folder, { places: places.value, warehouse, log })
  }
  const lifecycle = createLifecycle({ log, deadlineMillis: http.stop_deadline })
  const metrics = createMetrics({ component: 'estimate' })
  const app = createEstimateApp({
    ...{ config: estimate, kafka: bus.value.kafka, warehouse, log, places: places.value },
    metrics: createEstimatorMetrics(metrics),
  })
  const isReady = () => app.readiness()
  const health = await serveHealth({ listen: http.estimate_listen, metrics, isReady })
  if (!health.ok) {
    await warehouse.close()
    return err(health.error)
  }
  log.info({ warehouse: wanted.url, bus: busConfig.url, health: health.value.url }, 'estimating')
  await app.start()
  lifecycle.onReload('networks', async () => {
    const again = readPlaces(estimate)
    if (!again.ok) throw new Error(again.error)
    await app.reload(again.value)
  })
  const followed = followPlaces(estimate)
  const sayLater = (error: Error): void => {
    log.warn({ reason: error.message }, 'names of changed files are not stored yet')
  }
  const following = setInterval(() => {
    const seen = followed.look()
    if (!seen.ok) log.warn({ reason: seen.error }, 'a changed file cannot be used')
    else if (seen.value) app.reload(seen.value).catch(sayLater)
  }, lookEveryMillis)
  lifecycle.onStop('files', () => clearInterval(following))
  lifecycle.onStop('partitions', () => app.stop())
  lifecycle.onStop('health', () => health.value.close())
  lifecycle.onStop('warehouse', () => warehouse.close())
  return ok(await lifecycle.untilStopped())
}
